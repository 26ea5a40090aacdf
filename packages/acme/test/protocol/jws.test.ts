import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyAuthorization, macJws, publicJwk, signJws } from '../../src/protocol/jws.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const decoded = (text: string): string => Buffer.from(text, 'base64url').toString();

describe('a signed request', () => {
  it('holds header and payload as given, in base64url without padding, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string()),
        fc.string({ unit: 'grapheme' }),
        (header, payload) => {
          const jws = signJws(privateKey, header, payload);
          for (const part of Object.values(jws)) expect(part).toMatch(/^[\w-]*$/);
          expect(decoded(jws.payload)).toBe(payload);
          expect(JSON.parse(decoded(jws.protected))).toEqual(
            JSON.parse(JSON.stringify({ alg: 'ES256', ...header })),
          );
        },
      ),
    );
  });

  it('is signed so that another implementation agrees, with the key it names', () => {
    fc.assert(
      fc.property(fc.string(), (payload) => {
        const jws = signJws(privateKey, { jwk: publicJwk(privateKey) }, payload);
        const { jwk } = JSON.parse(decoded(jws.protected));
        const signature = Buffer.from(jws.signature, 'base64url');
        expect(signature).toHaveLength(64);
        const input = Buffer.from(`${jws.protected}.${jws.payload}`);
        const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const;
        expect(verify('sha256', input, key, signature)).toBe(true);
        expect(verify('sha256', Buffer.concat([input, Buffer.from('.')]), key, signature)).toBe(false);
      }),
    );
  });

  it('with a secret is a MAC over the same text (RFC 8555 7.3.4)', () => {
    const secret = Buffer.from('secret');
    const jws = macJws(secret, { kid: 'me' }, '{}');
    const expected = createHmac('sha256', secret)
      .update(`${jws.protected}.${jws.payload}`)
      .digest('base64url');
    expect(jws.signature).toBe(expected);
  });
});

describe('a key authorization', () => {
  it('is the token and the thumbprint of RFC 7638', () => {
    // The key of RFC 7517 A.2; the thumbprint by openssl: dgst -sha256 of its four members, sorted.
    const key = createPrivateKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
        y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
        d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
      },
    });
    expect(keyAuthorization('token', key)).toBe('token.cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s');
  });
});
