import { expect, it } from 'vitest';
import { certificateFamilies } from '../../../src/serve/metrics/certificates.ts';

it('ordered certificates are told by their first host: their end, and the failures to get them', () => {
  const one = { state: 'held', nextTryAt: '2026-12-01T00:00:00.000Z', why: null } as const;
  const certificates = [
    { ...one, names: ['a.test', 'b.test'], expiresAt: '2027-01-01T00:00:00.000Z', failures: 0 },
    { ...one, names: ['c.test'], state: 'none', expiresAt: null, failures: 3 },
  ] as const;
  const families = certificateFamilies({ directory: 'https://ca.test/', certificates }, []);
  const text = JSON.stringify(families);
  expect(families).toHaveLength(2);
  expect(text).toContain(`"labels":{"site":"a.test"},"value":${Date.UTC(2027, 0) / 1000}`);
  expect(text).toContain('"labels":{"site":"c.test"},"value":0');
  expect(text).toContain('"labels":{"site":"c.test"},"value":3');
});

it('certificates of files are told by the process whose ends first', () => {
  const certificates = (...ends: readonly number[]) => ({
    certificates: ends.map((expiresAtMs, at) => ({ site: `${at}.test`, expiresAtMs })),
  });
  expect(certificateFamilies(null, [certificates(9000, 5000), certificates(7000, 6000)])).toMatchObject([
    {
      samples: [
        { labels: { site: '0.test' }, value: 7 },
        { labels: { site: '1.test' }, value: 5 },
      ],
    },
  ]);
});

it('without any the family is there, and has no sample', () => {
  expect(certificateFamilies(null, [])).toMatchObject([{ samples: [] }]);
});
