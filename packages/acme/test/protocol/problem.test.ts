import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemOf, retryAfterMs } from '../../src/protocol/problem.ts';
import type { Reply } from '../../src/protocol/transport.ts';

const reply = (body: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status: 403,
  header: (name) => headers[name],
  body,
});

describe('a refusal', () => {
  it('is told with its kind, its reason, each name and a page to read', () => {
    const problem = problemOf(
      reply(
        JSON.stringify({
          type: 'urn:ietf:params:acme:error:compound',
          detail: 'two names cannot be had',
          instance: 'https://ca.test/why',
          subproblems: [
            {
              type: 'urn:ietf:params:acme:error:caa',
              detail: 'CAA forbids it',
              identifier: { type: 'dns', value: 'a.test' },
            },
            { type: 'urn:ietf:params:acme:error:dns', detail: 'no such name' },
          ],
        }),
      ),
      0,
    );
    expect(problem.type).toBe('compound');
    expect(problem.message).toBe(
      'two names cannot be had (compound, see https://ca.test/why); a.test: CAA forbids it (caa); one name: no such name (dns)',
    );
  });

  it('is one line of bounded length, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.json()),
        fc.string({ unit: 'binary' }),
        (body, detail) => {
          for (const text of [body, JSON.stringify({ detail: detail.repeat(50) })]) {
            const { message } = problemOf(reply(text), 0);
            expect(message).not.toMatch(/\p{Cc}/u);
            expect(message.length).toBeLessThan(600);
          }
        },
      ),
    );
  });

  it.each([
    ['120', 120_000],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 1969 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
  ])('with Retry-After %j', (value, ms) => {
    expect(retryAfterMs(reply('', { 'retry-after': value }), 0)).toBe(ms);
  });
});
