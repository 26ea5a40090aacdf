import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { certificateRequest, newKey } from '../../src/certificate/request.ts';

const openssl = (input: Buffer, ...words: readonly string[]): string => {
  const { stdout, stderr } = spawnSync('openssl', words, { input, encoding: 'utf8' });
  return `${stdout}${stderr}`;
};

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 40 });

it('a certificate request is read by openssl: names in order, key, and a signature that holds', async () => {
  await fc.assert(
    fc.asyncProperty(names, async (asked) => {
      const key = newKey();
      const request = await certificateRequest(asked, key);
      const text = openssl(request, 'req', '-inform', 'DER', '-noout', '-verify', '-text', '-pubkey');
      expect(text).toContain('verify OK');
      expect(text).toContain('Subject: \n');
      expect(text).toContain(`\n                    ${asked.map((one) => `DNS:${one}`).join(', ')}\n`);
      expect(text).toContain(createPublicKey(key).export({ format: 'pem', type: 'spki' }));
    }),
    { numRuns: 10 },
  );
});
