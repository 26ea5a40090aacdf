// Signed requests of ACME: flattened JWS with ES256 (RFC 7515, RFC 7518 3.4), the key as JWK and its thumbprint (RFC 7638).
import { createHash, createHmac, createPublicKey, sign, type KeyObject } from 'node:crypto';

/** Members in the order of RFC 7638 3: the thumbprint is taken over exactly this text. */
export interface PublicJwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

export interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

export type Header = Readonly<Record<string, unknown>>;

/** `key`: private, on P-256. An empty `payload` makes a POST-as-GET (RFC 8555 6.3). */
export function signJws(key: KeyObject, header: Header, payload: string): Jws {
  return assemble({ alg: 'ES256', ...header }, payload, (input) =>
    // Two numbers of 32 bytes side by side (RFC 7518 3.4); OpenSSL's own DER would be refused.
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }),
  );
}

/** For the account that the authority knows already by other means (RFC 8555 7.3.4). */
export function macJws(secret: Buffer, header: Header, payload: string): Jws {
  return assemble({ alg: 'HS256', ...header }, payload, (input) =>
    createHmac('sha256', secret).update(input).digest(),
  );
}

export function publicJwk(key: KeyObject): PublicJwk {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
  if (crv === undefined || kty === undefined || x === undefined || y === undefined) {
    throw new Error(`expected a key on P-256, got one of type ${key.asymmetricKeyType}`);
  }
  return { crv, kty, x, y };
}

/** What proves that this account answers this challenge (RFC 8555 8.1). */
export function keyAuthorization(token: string, key: KeyObject): string {
  const thumbprint = createHash('sha256').update(JSON.stringify(publicJwk(key)));
  return `${token}.${thumbprint.digest('base64url')}`;
}

function assemble(header: Header, payload: string, signatureOf: (input: string) => Buffer): Jws {
  const [protectedHeader, body] = [base64url(JSON.stringify(header)), base64url(payload)];
  const signature = signatureOf(`${protectedHeader}.${body}`).toString('base64url');
  return { protected: protectedHeader, payload: body, signature };
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
