// `tls` of a site: where its certificate comes from.
import * as z from 'zod';
import type { TlsSource } from '../types.ts';
import { mapping } from './mapping.ts';
import { path } from './path.ts';

/** As read; where the certificate is kept follows from the whole configuration. */
type TlsInput = Exclude<TlsSource, { kind: 'acme' }> | { readonly kind: 'acme' };

const EXPECTED = 'expected self-signed, acme, or a mapping with certificate and key';

const made = z
  .enum(['self-signed', 'acme'], { error: EXPECTED })
  .transform((kind): TlsInput => (kind === 'acme' ? { kind } : { kind }));

const files = mapping('a certificate', {
  certificate: path('a PEM file').describe('PEM file: the certificate, then its intermediates.'),
  key: path('a PEM file').describe('PEM file: the private key, without a passphrase.'),
}).transform((given): TlsInput => ({ kind: 'files', ...given }));

export const tls = z
  .union([made, files], { error: EXPECTED })
  .describe(
    'self-signed (made at start, kept in the state directory), acme (ordered and renewed, see the root key acme), or the files of a certificate.',
  );
