// What the front must answer while a certificate authority looks whether the hosts are ours. Made by the ACME client.

/** Asked for by path on plain HTTP: `/.well-known/acme-challenge/TOKEN` (RFC 8555 8.3). */
export interface HttpChallenge {
  readonly kind: 'http-01';
  /** Host asked about: lower case, in ASCII. */
  readonly host: string;
  readonly token: string;
  /** The body of the answer. */
  readonly keyAuthorization: string;
}

/** Asked for by TLS with the protocol `acme-tls/1` (RFC 8737): a certificate made for this question alone. */
export interface TlsAlpnChallenge {
  readonly kind: 'tls-alpn-01';
  readonly host: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export type AcmeChallenge = HttpChallenge | TlsAlpnChallenge;
