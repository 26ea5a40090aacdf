// The rules of RFC 9111: what is kept, for how long, for whom, and when it is used again.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identifyClient, judge, compileTrust, type Accepted, type Client } from '@tollgate/core';
import { keyOfReference, primaryKey } from '../../src/cache/key.ts';
import { judgeReuse, NO_WISHES, servesOnError, wishesOf } from '../../src/cache/reuse.ts';
import { ageMs, keepable, stored, type AskedFor, type KeepingRules } from '../../src/cache/stored.ts';
import { canBeValidated, confirms, freshened, withConditions } from '../../src/cache/validation.ts';
import { isNotModified, notModifiedFields } from '../../src/cache/conditions.ts';
import { namesOf } from '../../src/cache/fieldLines.ts';
import { isShareable } from '../../src/cache/storable.ts';
import { cacheStatus } from '../../src/cache/cacheStatus.ts';
import { variantOf } from '../../src/cache/variant.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const at = (offsetS: number): string => new Date(NOW + offsetS * 1000).toUTCString();

const NO_RULES: KeepingRules = {
  lifetimeMs: undefined,
  heuristic: false,
  staleMs: { whileRevalidate: 0, ifError: 0 },
  told: [],
};
const ASKED: AskedFor = { key: 'http://a/', rawHeaders: [], hasAuthorization: false, isKnown: false };

const keep = (
  fields: readonly string[],
  more: { status?: number; asked?: Partial<AskedFor>; rules?: Partial<KeepingRules> } = {},
) =>
  keepable(
    { status: more.status ?? 200, fields, askedMs: NOW, receivedMs: NOW },
    { ...ASKED, ...more.asked },
    { ...NO_RULES, ...more.rules },
  );

const lifetimeS = (...fields: string[]): number | undefined => {
  const kept = keep([...fields, 'ETag', '"e"']);
  return kept === undefined ? undefined : (kept.freshness.lifetimeMs - kept.freshness.initialAgeMs) / 1000;
};

describe('how long an answer is fresh', () => {
  it.each([
    [['Cache-Control', 'max-age=60'], 60],
    [['Cache-Control', 's-maxage=10, max-age=60'], 10],
    [['Cache-Control', 'max-age=0', 'Expires', at(60)], 0],
    [['Expires', at(60), 'Date', at(0)], 60],
    [['Expires', at(60), 'Date', at(30)], 30],
    [['Expires', at(60), 'Date', 'never'], 60],
    [['Expires', '0'], 0],
    [['Expires', at(60), 'Expires', at(60)], 0],
    [['Cache-Control', 'max-age=60', 'Age', '50'], 10],
    [['Cache-Control', 'max-age=60', 'Age', 'old'], 0],
    [['Cache-Control', 'max-age=60', 'Age', '1, 2'], 0],
    [['Cache-Control', 'max-age=60', 'Age', '1', 'Age', '1'], 0],
    [['Cache-Control', 'max-age=60', 'Date', at(-50)], 10],
    [['Cache-Control', 'no-cache'], 0],
    [['Last-Modified', at(-1000)], undefined],
    [[], undefined],
  ])('%j: %j s', (fields, seconds) => {
    expect(lifetimeS(...fields)).toBe(seconds);
  });

  it('is a tenth of its age, a day at most, when the configuration wants a guess', () => {
    const lifetime = (offsetS: number): number | undefined =>
      keep(['Last-Modified', at(offsetS), 'Date', at(0)], { rules: { heuristic: true } })?.freshness
        .lifetimeMs;
    expect(lifetime(-1000)).toBe(100_000);
    expect(lifetime(-1e9)).toBe(86_400_000);
  });

  it('is what the configuration says when the answer says nothing', () => {
    const rules = { lifetimeMs: 1000 };
    expect(keep([], { rules })?.freshness).toEqual({ lifetimeMs: 1000, initialAgeMs: 0, by: 'front' });
    expect(keep(['Cache-Control', 'max-age=5'], { rules })?.freshness.lifetimeMs).toBe(5000);
    expect(keep(['Content-Type', 'text/event-stream'], { rules })).toBeUndefined();
    expect(keep([], { status: 500, rules })).toBeUndefined();
  });
});

describe('what is kept for all', () => {
  const FRESH = 'max-age=60';
  it.each([
    ['no-store', ['Cache-Control', `${FRESH}, no-store`]],
    ['private', ['Cache-Control', `${FRESH}, private`]],
    ['private for a field', ['Cache-Control', `${FRESH}, private="x"`]],
    ['a cookie', ['Cache-Control', FRESH, 'Set-Cookie', 'session=1']],
    ['Vary: *', ['Cache-Control', FRESH, 'Vary', 'Cookie, *']],
    ['Vary on who asks', ['Cache-Control', FRESH, 'Vary', 'X-Forwarded-For']],
    ['neither freshness nor a validator', ['Cache-Control', 'no-cache']],
  ])('is not an answer with %s', (_, fields) => {
    expect(keep(fields)).toBeUndefined();
  });

  it.each([206, 304, 101])('is not a %i', (status) => {
    expect(keep(['Cache-Control', FRESH], { status })).toBeUndefined();
  });

  it('is an answer that must be understood only when its status is', () => {
    const fields = ['Cache-Control', `${FRESH}, no-store, must-understand`];
    expect(keep(fields)).toBeDefined();
    expect(keep(fields, { status: 599 })).toBeUndefined();
  });

  it.each([
    ['', false],
    [', public', true],
    [', s-maxage=9', true],
    [', must-revalidate', true],
  ])('with Authorization and %j: %j', (more, isKept) => {
    const kept = keep(['Cache-Control', FRESH + more], { asked: { hasAuthorization: true } });
    expect(kept !== undefined).toBe(isKept);
  });

  it('is not the page of a client with a cookie, unless the answer says how long it may be kept', () => {
    const known = { asked: { isKnown: true }, rules: { lifetimeMs: 1000 } };
    expect(keep([], known)).toBeUndefined();
    expect(keep(['Cache-Control', FRESH], known)).toBeDefined();
  });

  it('has no field of the connection, and none that it names', () => {
    const fields = [
      'Cache-Control',
      FRESH,
      'Connection',
      'X-Hop',
      'X-Hop',
      '1',
      'Keep-Alive',
      'x',
      'Age',
      '1',
      'A',
      'b',
    ];
    expect(keep(fields)?.fields).toEqual(['Cache-Control', FRESH, 'A', 'b']);
  });
});

describe('a kept answer', () => {
  const kept = (cacheControl: string, rules: Partial<KeepingRules> = {}) => {
    const fields = ['Cache-Control', cacheControl, 'ETag', '"1"', 'Last-Modified', at(-100), 'X-A', 'old'];
    const found = keep(fields, { rules });
    if (found === undefined) throw new Error('expected it to be kept');
    return stored(found, Buffer.from('body'));
  };
  const later = (seconds: number): number => NOW + seconds * 1000;

  it('is fresh, then must be asked about', () => {
    const answer = kept('max-age=60');
    expect(judgeReuse(answer, NO_WISHES, later(59))).toBe('fresh');
    expect(judgeReuse(answer, NO_WISHES, later(60))).toBe('validate');
    expect(ageMs(answer, later(7))).toBe(7000);
  });

  it('is asked about each time when it wants that', () => {
    expect(judgeReuse(kept('max-age=60, no-cache'), NO_WISHES, NOW)).toBe('validate');
  });

  it.each([
    ['max-age=10, stale-while-revalidate=30', 'stale', true],
    ['max-age=10, s-maxage=10, stale-while-revalidate=30', 'stale', false],
    ['max-age=10, stale-while-revalidate=5', 'validate', true],
    ['max-age=10, must-revalidate, stale-while-revalidate=30', 'validate', false],
    ['max-age=10, proxy-revalidate', 'validate', false],
    ['s-maxage=10', 'validate', false],
    ['max-age=10', 'validate', true],
  ])('with %s is used when stale: %s; when the target fails: %j', (cacheControl, reuse, onError) => {
    const answer = kept(cacheControl, { staleMs: { whileRevalidate: 0, ifError: 60_000 } });
    expect(judgeReuse(answer, NO_WISHES, later(20))).toBe(reuse);
    expect(servesOnError(answer, later(20))).toBe(onError);
    expect(servesOnError(answer, later(71))).toBe(false);
  });

  it('hears what the client wants only when told to', () => {
    const answer = kept('max-age=60');
    const judged = (cacheControl: string): string =>
      judgeReuse(answer, wishesOf(['cache-control', cacheControl]), later(10));
    expect(judged('no-cache')).toBe('validate');
    expect(judged('max-age=10')).toBe('validate');
    expect(judged('max-age=11')).toBe('fresh');
    expect(judged('min-fresh=50')).toBe('validate');
    expect(judged('min-fresh=49')).toBe('fresh');
    expect(judged('max-stale=1000')).toBe('fresh');
  });

  it('is asked about with its own validators in place of the client’s', () => {
    const asked = withConditions(['Host', 'a', 'If-None-Match', '"mine"'], kept('max-age=60'));
    expect(asked).toEqual(['Host', 'a', 'If-None-Match', '"1"', 'If-Modified-Since', at(-100)]);
    expect(withConditions(['If-Modified-Since', 'x', 'A', 'b'], undefined)).toEqual(['A', 'b']);
  });

  it('takes over the fields of a 304, but not those of the bytes', () => {
    const fields = [
      'X-A',
      'new',
      'Cache-Control',
      'max-age=5',
      'ETag',
      '"2"',
      'Content-Length',
      '999',
      'Content-Encoding',
      'br',
    ];
    const confirmation = { fields, askedMs: later(100), receivedMs: later(100) };
    const again = freshened(kept('max-age=60'), confirmation, ASKED, NO_RULES);
    expect(again?.fields).toEqual([
      'ETag',
      '"1"',
      'Last-Modified',
      at(-100),
      'X-A',
      'new',
      'Cache-Control',
      'max-age=5',
    ]);
    expect(again?.freshness.lifetimeMs).toBe(5000);
    expect(again?.body).toEqual(Buffer.from('body'));
    expect(ageMs(again ?? kept('max-age=1'), later(101))).toBe(1000);
  });

  it('is dropped when the 304 says that it may be kept no longer', () => {
    const confirmation = { fields: ['Cache-Control', 'private'], askedMs: NOW, receivedMs: NOW };
    expect(freshened(kept('max-age=60'), confirmation, ASKED, NO_RULES)).toBeUndefined();
  });

  it.each([
    [['If-None-Match', '"1"'], true],
    [['If-None-Match', 'W/"1"'], true],
    [['If-None-Match', '"0", W/"a,b", "1"'], true],
    [['If-None-Match', '*'], true],
    [['If-None-Match', '"2"', 'If-Modified-Since', at(0)], false],
    [['If-None-Match', '1'], false],
    [['If-Modified-Since', at(-100)], true],
    [['If-Modified-Since', at(-101)], false],
    [['If-Modified-Since', 'yesterday'], false],
    [[], false],
  ])('is what the client has, by %j: %j', (rawHeaders, same) => {
    expect(isNotModified(rawHeaders, kept('max-age=60'))).toBe(same);
  });

  it('sends no fields of the content with a 304', () => {
    expect(
      notModifiedFields([
        'Content-Type',
        'a',
        'Content-Location',
        '/b',
        'ETag',
        '"1"',
        'Content-Length',
        '4',
      ]),
    ).toEqual(['Content-Location', '/b', 'ETag', '"1"']);
  });
});

describe('variants', () => {
  it('are the same for the same preferences in other words', () => {
    const names = ['accept-encoding', 'x'];
    const variant = (encoding: string, x: string): string =>
      variantOf(names, ['Accept-Encoding', encoding, 'X', x]);
    expect(variant('gzip, br', '1, 2')).toBe(variant('BR,gzip', '1,2'));
    expect(variant('gzip', '1')).not.toBe(variant('gzip', '2'));
    expect(variant('gzip', '1,2')).not.toBe(variant('gzip', '2,1'));
    expect(variantOf(['x'], [])).not.toBe(variantOf(['x'], ['X', '']));
  });

  it('differ whenever a field that counts differs', () => {
    const value = fc.option(fc.string({ unit: fc.constantFrom('a', 'b', ',', ' ', '=', 'x'), maxLength: 6 }));
    const asked = (x: string | null, y: string | null): string[] => [
      ...(x === null ? [] : ['x', x]),
      ...(y === null ? [] : ['y', y]),
    ];
    const plain = (text: string | null): string | null =>
      text === null
        ? null
        : text
            .split(',')
            .map((item) => item.trim())
            .join(',');
    fc.assert(
      fc.property(value, value, value, value, (x, y, otherX, otherY) => {
        const same = plain(x) === plain(otherX) && plain(y) === plain(otherY);
        expect(variantOf(['x', 'y'], asked(x, y)) === variantOf(['x', 'y'], asked(otherX, otherY))).toBe(
          same,
        );
      }),
    );
  });
});

describe('the key of a reference', () => {
  it.each([
    ['/b?c', 'https://a.test/x', 'https://a.test/b?c'],
    ['c', 'https://a.test/x/y', 'https://a.test/x/c'],
    ['https://a.test/b', 'https://a.test/x', 'https://a.test/b'],
    ['https://a.test:443/b', 'https://a.test/x', 'https://a.test/b'],
    ['/b', 'https://a.test@cdn.test/x', 'https://a.test@cdn.test/b'],
    ['https://b.test/b', 'https://a.test/x', undefined],
    ['http://a.test/b', 'https://a.test/x', undefined],
    ['//[', 'https://a.test/x', undefined],
  ])('%s from %s is %s', (reference, key, expected) => {
    expect(keyOfReference(reference, key)).toBe(expected);
  });
});

const LIMITS = { headerBytes: 16_384, headerCount: 100, targetBytes: 8192 };

interface Judged {
  readonly head: Accepted;
  readonly client: Client;
  readonly rawHeaders: readonly string[];
}

/** As the gate sees it, from a peer that is believed only when it is `trusted`. */
function judged(
  target: string,
  rawHeaders: readonly string[],
  { trusted = false, method = 'GET' } = {},
): Judged {
  const connection = { protocol: 'h1', httpVersion: '1.1', authority: undefined, scheme: 'https' } as const;
  const head = judge({ ...connection, method, target, rawHeaders }, LIMITS);
  if (head.kind === 'refused') throw new Error(`expected it to pass, got ${head.code}`);
  const peer = '192.0.2.1';
  const arrival = { peer, scheme: 'https', authority: head.authority, rawHeaders } as const;
  return {
    head,
    client: identifyClient(arrival, compileTrust(trusted ? [peer] : []), () => 'id'),
    rawHeaders,
  };
}

function keyOf(...asked: Parameters<typeof judged>): string {
  const { head, client } = judged(...asked);
  return primaryKey(head, client);
}

describe('the key of a request', () => {
  const KEY = 'https://a.test/x?q=1';

  it.each([
    ['/x?q=1', ['Host', 'a.test']],
    ['/x?q=1', ['Host', 'A.Test.']],
    ['/x?q=1', ['Host', 'a.test:443']],
    ['/%78?q=1', ['Host', 'a.test']],
    ['/y/../x?q=1', ['Host', 'a.test']],
    ['//x?q=1', ['Host', 'a.test']],
    ['https://a.test/x?q=1', ['Host', 'a.test']],
    ['/x?q=1', ['Host', 'a.test', 'X-Forwarded-Host', 'evil.test', 'X-Forwarded-Proto', 'http']],
  ])('is one for all spellings of it: %s %j', (target, rawHeaders) => {
    expect(keyOf(target, rawHeaders)).toBe(KEY);
  });

  it.each([
    ['/x?q=2', ['Host', 'a.test']],
    ['/x', ['Host', 'a.test']],
    ['/x%3Fq=1', ['Host', 'a.test']],
    ['/X?q=1', ['Host', 'a.test']],
    ['/x?q=1', ['Host', 'a.test:8443']],
  ])('is another for what another answer is made from: %s %j', (target, rawHeaders) => {
    expect(keyOf(target, rawHeaders)).not.toBe(KEY);
  });

  it('has what a trusted proxy says of the client: pages are made from it', () => {
    const through = (more: readonly string[]): string =>
      keyOf('/x?q=1', ['Host', 'a.test', ...more], { trusted: true });
    expect(through([])).toBe(KEY);
    expect(through(['X-Forwarded-Host', 'b.test'])).not.toBe(KEY);
    expect(through(['X-Forwarded-Proto', 'http'])).not.toBe(KEY);
  });
});

describe('a request that the cache has a part in', () => {
  const shares = (more: readonly string[], method = 'GET', hasBody = false): boolean => {
    const { head, rawHeaders } = judged('/', ['Host', 'a.test', ...more], { method });
    return isShareable(head, namesOf(rawHeaders), hasBody);
  };

  it('is GET or HEAD without a body', () => {
    expect(shares([])).toBe(true);
    expect(shares([], 'HEAD')).toBe(true);
    expect(shares([], 'POST')).toBe(false);
    expect(shares([], 'GET', true)).toBe(false);
  });

  it.each(['If-Match', 'If-Unmodified-Since', 'X-HTTP-Method-Override', 'x-method-override'])(
    'has no %s',
    (name) => {
      expect(shares([name, 'x'])).toBe(false);
    },
  );
});

describe('a 304', () => {
  const answer = (...fields: string[]) => {
    const kept = keep(['Cache-Control', 'max-age=60', ...fields]);
    if (kept === undefined) throw new Error('expected it to be kept');
    return stored(kept, Buffer.alloc(0));
  };

  it('confirms the version that it names', () => {
    expect(confirms(['ETag', 'W/"1"'], answer('ETag', '"1"'))).toBe(true);
    expect(confirms(['ETag', '"2"'], answer('ETag', '"1"'))).toBe(false);
    expect(confirms(['ETag', '"2"'], answer('Last-Modified', at(-5)))).toBe(false);
    expect(confirms(['Last-Modified', at(-5)], answer('Last-Modified', at(-5)))).toBe(true);
    expect(confirms(['Last-Modified', at(-4)], answer('Last-Modified', at(-5)))).toBe(false);
    expect(confirms([], answer('ETag', '"1"'))).toBe(true);
  });

  it('is asked for only with a validator', () => {
    expect(canBeValidated(answer('Last-Modified', at(-5)))).toBe(true);
    expect(canBeValidated(answer())).toBe(false);
  });
});

describe('Cache-Status', () => {
  it('says how the request was dealt with (RFC 9211)', () => {
    expect(cacheStatus({ kind: 'hit', ttlMs: 1999 })).toBe('tollgate; hit; ttl=1');
    expect(cacheStatus({ kind: 'hit', ttlMs: -1 })).toBe('tollgate; hit; ttl=-1');
    expect(cacheStatus({ kind: 'forwarded', why: 'uri-miss', stored: true })).toBe(
      'tollgate; fwd=uri-miss; stored',
    );
    expect(cacheStatus({ kind: 'forwarded', why: 'stale', status: 304, collapsed: true })).toBe(
      'tollgate; fwd=stale; fwd-status=304; collapsed',
    );
  });
});
