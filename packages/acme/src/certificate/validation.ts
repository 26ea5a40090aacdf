// The certificate that answers tls-alpn-01: self-signed, for one name, with the proof in a critical extension (RFC 8737 3).
import { createHash } from 'node:crypto';
import { Extension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import type { TlsAlpnChallenge } from '@tollgate/core';
import { cryptoKeys, newKey } from './request.ts';

/** id-pe-acmeIdentifier (RFC 8737 6.1). */
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
/** DER: an octet string of 32 bytes. */
const OCTET_STRING_32 = Buffer.from([0x04, 0x20]);
const DAY_MS = 86_400_000;

export async function tlsAlpnChallenge(host: string, keyAuthorization: string): Promise<TlsAlpnChallenge> {
  const key = newKey();
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    keys: cryptoKeys(key),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    name: `CN=ACME challenge`,
    // The authority's clock need not agree with ours.
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    extensions: [
      new SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
      new Extension(ACME_IDENTIFIER, true, Buffer.concat([OCTET_STRING_32, digest])),
    ],
  });
  return { kind: 'tls-alpn-01', host, certificate: `${certificate.toString('pem')}\n`, key };
}
