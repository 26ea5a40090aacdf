// Which content coding a client gets.
import { describe, expect, it } from 'vitest';
import { acceptedCodings } from '../../src/coding/accept.ts';
import { isCompressible } from '../../src/coding/compressible.ts';
import { weakened } from '../../src/coding/entityTag.ts';
import { varyWith } from '../../src/coding/vary.ts';

describe('codings that a client accepts', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['identity', []],
    ['gzip, deflate, br, zstd', ['br', 'zstd', 'gzip']],
    ['gzip;q=1.0, br;q=0.5', ['gzip', 'br']],
    ['br;q=0, gzip', ['gzip']],
    ['*', ['br', 'zstd', 'gzip']],
    ['*;q=0', []],
    ['gzip, *;q=0', ['gzip']],
    ['br;q=0, *', ['zstd', 'gzip']],
    ['identity;q=0, gzip;q=0.1', ['gzip']],
    ['identity;q=1, gzip;q=0.5', []],
    ['identity;q=0.5, gzip', ['gzip']],
    ['GZIP; Q=0.8', ['gzip']],
    ['x-gzip', ['gzip']],
    ['gzip;q=0.0001', []],
    ['gzip;q=2', []],
    ['gzip;q=high', []],
    ['gzip, gzip;q=0', []],
    ['gzip\t;\tq=0.7 , br ; q=0.9', ['br', 'gzip']],
    ['compress, exi', []],
  ])('%j gets %j', (field, codings) => {
    expect(acceptedCodings(field)).toEqual(codings);
  });
});

describe('types worth compressing', () => {
  it.each([
    'text/html; charset=utf-8',
    'Text/CSS',
    'application/json',
    'application/problem+json',
    'application/ld+json;profile=x',
    'image/svg+xml',
    'application/javascript',
    'application/wasm',
    'font/ttf',
  ])('%s is one', (type) => {
    expect(isCompressible(type)).toBe(true);
  });

  it.each([
    'image/png',
    'font/woff2',
    'application/zip',
    'video/mp4',
    'application/octet-stream',
    '',
    'x-text/html',
  ])('%j is none', (type) => {
    expect(isCompressible(type)).toBe(false);
  });
});

describe('Vary', () => {
  it.each([
    [undefined, 'Accept-Encoding'],
    ['', 'Accept-Encoding'],
    ['Cookie', 'Cookie, Accept-Encoding'],
    ['accept-encoding', 'accept-encoding'],
    ['Origin, Accept-Encoding', 'Origin, Accept-Encoding'],
    ['*', '*'],
    ['Cookie, *', 'Cookie, *'],
  ])('%j becomes %j', (vary, merged) => {
    expect(varyWith(vary, 'Accept-Encoding')).toBe(merged);
  });
});

describe('an entity tag of changed bytes', () => {
  it('is weak', () => {
    expect(weakened('"a"')).toBe('W/"a"');
    expect(weakened('W/"a"')).toBe('W/"a"');
  });
});
