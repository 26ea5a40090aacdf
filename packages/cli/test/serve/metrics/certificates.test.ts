import { expect, it } from 'vitest';
import { certificateFamilies } from '../../../src/serve/metrics/certificates.ts';

it('ordered certificates are told by their first host: their end, and the failures to get them', () => {
  const one = { state: 'held', nextTryAt: '2026-12-01T00:00:00.000Z', why: null } as const;
  const families = certificateFamilies({
    directory: 'https://ca.test/',
    certificates: [
      { ...one, names: ['a.test', 'b.test'], expiresAt: '2027-01-01T00:00:00.000Z', failures: 0 },
      { ...one, names: ['c.test'], state: 'none', expiresAt: null, failures: 3 },
    ],
  });
  const text = JSON.stringify(families);
  expect(families).toHaveLength(2);
  expect(text).toContain(`"labels":{"site":"a.test"},"value":${Date.UTC(2027, 0) / 1000}`);
  expect(text).toContain('"labels":{"site":"c.test"},"value":0');
  expect(text).toContain('"labels":{"site":"c.test"},"value":3');
});

it('without any there are no families', () => {
  expect(certificateFamilies(null)).toEqual([]);
});
