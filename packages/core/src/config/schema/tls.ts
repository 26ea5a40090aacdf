// `tls` of a site: where its certificate comes from.
import * as z from 'zod';
import type { TlsSource } from '../types.ts';
import { mapping } from './mapping.ts';
import { path } from './path.ts';

const EXPECTED = 'expected self-signed, or a mapping with certificate and key';

const selfSigned = z
  .enum(['self-signed', 'acme'], { error: EXPECTED })
  .transform((word, context): TlsSource => {
    if (word === 'self-signed') return { kind: 'self-signed' };
    const message = 'expected self-signed or { certificate, key } (this version has no ACME client yet)';
    context.issues.push({ code: 'custom', message, input: word });
    return z.NEVER;
  });

const files = mapping('a certificate', {
  certificate: path('a PEM file').describe('PEM file: the certificate, then its intermediates.'),
  key: path('a PEM file').describe('PEM file: the private key, without a passphrase.'),
}).transform((given): TlsSource => ({ kind: 'files', ...given }));

export const tls = z
  .union([selfSigned, files], { error: EXPECTED })
  .describe('self-signed (made at start, kept in the state directory), or the files of a certificate.');
