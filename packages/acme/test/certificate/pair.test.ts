import {
  X509CertificateGenerator,
  AuthorityKeyIdentifierExtension,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { pairOf, readPair } from '../../src/certificate/pair.ts';
import { cryptoKeys, newKey } from '../../src/certificate/request.ts';

async function certificate(key: string, serialNumber: string, names: readonly string[]): Promise<string> {
  const made = await X509CertificateGenerator.createSelfSigned({
    keys: cryptoKeys(key),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    serialNumber,
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2026-04-01T00:00:00Z'),
    extensions: [
      // The identifiers of RFC 9773 4.1.
      new AuthorityKeyIdentifierExtension('69885b6b87464041e1b37b847bd0ae2cde01c8d4'),
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
    ],
  });
  return made.toString('pem');
}

describe('a certificate with its key', () => {
  it('is known to the authority by the identifier of RFC 9773 4.1', async () => {
    const key = newKey();
    const { id } = readPair(`${key}${await certificate(key, '0087654321', ['a.example'])}`);
    expect(id).toBe('aYhba4dGQEHhs3uEe9CuLN4ByNQ.AIdlQyE');
  });

  it('tells its names and its time, and the same turn each time', async () => {
    const key = newKey();
    const pem = `${key}${await certificate(key, '01', ['b.example', 'A.example'])}`;
    const pair = readPair(pem);
    expect(pair).toMatchObject({
      names: ['a.example', 'b.example'],
      notBefore: Date.UTC(2026, 0, 1),
      notAfter: Date.UTC(2026, 3, 1),
    });
    expect(readPair(pem).fraction).toBe(pair.fraction);
    expect(pair.fraction).toBeGreaterThanOrEqual(0);
    expect(pair.fraction).toBeLessThan(1);
  });

  it('is refused when it is of another key, of other names, or none', async () => {
    const key = newKey();
    const chain = await certificate(key, '01', ['a.example']);
    expect(() => pairOf(newKey(), chain, ['a.example'])).toThrow('certificate of the key');
    expect(() => pairOf(key, chain, ['a.example', 'b.example'])).toThrow(
      'expected a certificate for a.example, b.example, got one for a.example',
    );
    expect(() => pairOf(key, '<html>', ['a.example'])).toThrow('expected a PEM certificate');
    expect(pairOf(key, chain, ['a.example']).names).toEqual(['a.example']);
  });
});
