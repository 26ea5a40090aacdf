import { createHash, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { tlsAlpnChallenge } from '../../src/certificate/validation.ts';

it('the certificate of a tls-alpn-01 challenge names the host alone and holds the digest, marked critical', async () => {
  const { certificate } = await tlsAlpnChallenge('example.com', 'token.thumbprint');
  const parsed = new X509Certificate(certificate);
  expect(parsed.subjectAltName).toBe('DNS:example.com');
  const digest = createHash('sha256').update('token.thumbprint').digest('hex');
  // RFC 8737 6.1 by hand: the object identifier, TRUE, and an octet string in an octet string.
  expect(parsed.raw.toString('hex')).toContain(`06082b0601050507011f0101ff04220420${digest}`);
});
