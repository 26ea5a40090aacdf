import { describe, expect, it } from 'vitest';
import { certificatesText } from '../../src/command/certificates-text.ts';

const directory = 'https://ca.test/directory';
const [soon, later] = ['2026-12-01T00:00:00.000Z', '2027-02-01T00:00:00.000Z'];

describe('ordered certificates in the status', () => {
  it.each([
    [
      { state: 'none', expiresAt: null, failures: 0, why: null },
      ['a.test: being ordered, self-signed until then'],
    ],
    [
      { state: 'none', expiresAt: null, failures: 2, why: 'no route' },
      [`a.test: none, self-signed; failed 2 times, next try ${soon}`, 'no route'],
    ],
    [{ state: 'held', expiresAt: later, failures: 0, why: null }, [`a.test: until ${later}, renews ${soon}`]],
    [
      { state: 'expired', expiresAt: later, failures: 1, why: 'no route' },
      [`a.test: expired ${later}, failed 1 times, next try ${soon}`, 'no route'],
    ],
  ] as const)('say what is and what comes next', (certificate, lines) => {
    const text = certificatesText({
      directory,
      certificates: [{ names: ['a.test'], nextTryAt: soon, ...certificate }],
    });
    expect(text).toHaveLength(lines.length);
    for (const [index, line] of lines.entries()) expect(text[index]).toContain(line);
  });

  it('take no line when nothing is ordered', () => {
    expect(certificatesText(null)).toEqual([]);
  });
});
