// A certificate with its key as they are kept: one PEM text, so that no crash can part them. What is in it, and whose it is.
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { AuthorityKeyIdentifierExtension, X509Certificate as ParsedCertificate } from '@peculiar/x509';

export interface CertificatePair {
  /** PEM: the key, then the chain. */
  readonly pem: string;
  /** DNS names, lower case, sorted. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Issuer's key and serial number, as RFC 9773 4.1 writes them; `undefined`: its issuer's key is not named. */
  readonly id: string | undefined;
  /** From 0 to 1, the same for this certificate each time: where in a window its turn is. */
  readonly fraction: number;
}

/** Throws when there is no certificate, or it is not that of the key. */
export function readPair(pem: string): CertificatePair {
  const certificate = new X509Certificate(firstCertificate(pem));
  if (!certificate.checkPrivateKey(createPrivateKey(pem))) {
    throw new Error('expected the certificate of the key it stands with, got another');
  }
  const parsed = new ParsedCertificate(certificate.raw);
  return {
    pem,
    names: namesOf(certificate),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    id: idOf(parsed),
    fraction: createHash('sha256').update(certificate.raw).digest().readUInt32BE() / 2 ** 32,
  };
}

/** `chain`: as the authority gave it. Throws when it is not what was ordered. */
export function pairOf(key: string, chain: string, names: readonly string[]): CertificatePair {
  const pair = readPair(`${key.trim()}\n${chain.trim()}\n`);
  if (!sameNames(pair.names, names)) {
    throw new Error(`expected a certificate for ${names.join(', ')}, got one for ${pair.names.join(', ')}`);
  }
  return pair;
}

export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join() === b.toSorted().join();
}

function firstCertificate(pem: string): string {
  const [first] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem) ?? [];
  if (first === undefined) throw new Error('expected a PEM certificate, got none');
  return first;
}

function namesOf({ subjectAltName }: X509Certificate): readonly string[] {
  return (subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4).toLowerCase()] : []))
    .toSorted();
}

function idOf(certificate: ParsedCertificate): string | undefined {
  const issuer = certificate.getExtension(AuthorityKeyIdentifierExtension)?.keyId;
  if (issuer === undefined) return undefined;
  return `${base64url(issuer)}.${base64url(positive(certificate.serialNumber))}`;
}

/** As DER has it: a number whose first bit is set would be a negative one (X.690 8.3). */
function positive(hex: string): string {
  return /^[89a-f]/i.test(hex) ? `00${hex}` : hex;
}

function base64url(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url');
}
