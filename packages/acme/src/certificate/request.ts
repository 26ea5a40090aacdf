// The request for a certificate (PKCS #10, RFC 2986): its names, signed by the key that the certificate will have.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new private key on P-256 as PEM: the cheapest handshakes that every client takes. */
export function newKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
  });
}

/** DER. `names`: at least one, in ASCII. `key`: PEM. The subject is empty: names stand in the extension alone. */
export async function certificateRequest(names: readonly string[], key: string): Promise<Buffer> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys: cryptoKeys(key),
    signingAlgorithm: ECDSA,
    extensions: [new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
  });
  return Buffer.from(request.rawData);
}

export function cryptoKeys(key: string): webcrypto.CryptoKeyPair {
  const privateKey = createPrivateKey(key);
  return {
    privateKey: privateKey.toCryptoKey(ECDSA, true, ['sign']),
    publicKey: createPublicKey(privateKey).toCryptoKey(ECDSA, true, ['verify']),
  };
}
