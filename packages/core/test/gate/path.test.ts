import { canonicalPath } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const codeOf = (path: string): string => {
  const result = canonicalPath(path);
  return typeof result === 'string' ? `accepted ${result}` : result.code;
};

describe('the canonical path', () => {
  it.each([
    ['/', '/'],
    ['/a/b.html', '/a/b.html'],
    ['/%7Euser', '/~user'],
    ['/%61%2d%5f', '/a-_'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/a/%2e%2E/b', '/b'],
    ['/a/b/..', '/a/'],
    ['/a/.', '/a/'],
    ['/a//b', '/a//b'],
    ['//evil.example/', '/evil.example/'],
    ['/.//evil.example', '/evil.example'],
    ['/a/..//evil.example', '/evil.example'],
    ['/...', '/...'],
    ['/.well-known/acme-challenge/x', '/.well-known/acme-challenge/x'],
    ['/@scope%2fname', '/@scope%2Fname'],
    ['/a%5cb', '/a%5Cb'],
    ['/{id}|[x]', '/%7Bid%7D%7C%5Bx%5D'],
    ['/a;v=1', '/a;v=1'],
    ['/a%3Bv=1', '/a%3Bv=1'],
    ['/%2520', '/%2520'],
    ['/%252e%252e/', '/%252e%252e/'],
  ])('of %s is %s', (given, canonical) => {
    expect(canonicalPath(given)).toBe(canonical);
  });

  it.each([
    ['/..', 'path-above-root'],
    ['/a/../../b', 'path-above-root'],
    ['/%2e%2e/', 'path-above-root'],
    ['/a\\b', 'path-backslash'],
    ['/%00', 'path-control'],
    ['/a%0d%0aSet-Cookie:x', 'path-control'],
    ['/%7F', 'path-control'],
    ['/%', 'path-escape'],
    ['/%4', 'path-escape'],
    ['/%zz', 'path-escape'],
    ['/%u002e', 'path-escape'],
    ['/%c0%ae%c0%ae/', 'path-overlong'],
    ['/%C1%9C', 'path-overlong'],
    ['/%e0%80%ae', 'path-overlong'],
    ['/%f0%80%80%ae', 'path-overlong'],
    ['/files/..%2f..%2fetc/passwd', 'path-ambiguous'],
    ['/files/%2e%2e%5cetc', 'path-ambiguous'],
    ['/a%2f..', 'path-ambiguous'],
    ['/a%2f%2e/b', 'path-ambiguous'],
    ['/..;/admin', 'path-ambiguous'],
    ['/a/.;x/b', 'path-ambiguous'],
    ['/\u00e9', 'target-character'],
    ['/a b', 'target-character'],
    ['/a\tb', 'target-character'],
    ['/\u{1f4a9}', 'target-character'],
  ])('refuses %j as %s', (given, code) => {
    expect(codeOf(given)).toBe(code);
  });

  it('is its own canonical path, whatever was given', () => {
    fc.assert(
      fc.property(path, (given) => {
        const once = canonicalPath(given);
        expect(typeof once === 'string' ? canonicalPath(once) : once).toEqual(once);
      }),
    );
  });

  it('has no dot segment, control byte, backslash, fragment, query or raw non-ASCII, and one leading slash', () => {
    fc.assert(
      fc.property(path, (given) => {
        const canonical = canonicalPath(given);
        if (typeof canonical !== 'string') return;
        expect(canonical).toMatch(/^\/(?!\/)[!$&'()*+,\-./\w:;=@~%]*$/);
        expect(canonical.split('/').filter((segment) => segment === '.' || segment === '..')).toEqual([]);
        expect(canonical).not.toMatch(/%[01][\dA-F]|%7F/);
        expect(decodeBytes(canonical).split(/[/\\]/)).not.toContain('..');
      }),
    );
  });

  it('does not depend on how unreserved characters and hex digits are spelled', () => {
    const spelling = fc.array(fc.tuple(fc.constantFrom('a', 'Z', '0', '-', '.', '_', '~', '/'), fc.nat(2)));
    fc.assert(
      fc.property(spelling, (characters) => {
        const plain = `/${characters.map(([character]) => character).join('')}`;
        const spelled = `/${characters.map(([character, how]) => spell(character, how)).join('')}`;
        expect(codeOf(spelled)).toBe(codeOf(plain));
      }),
    );
  });
});

const path = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom('/', '.', '..', '%2e', '%2F', '%5c', ';', 'a', '//', '%25', '%'),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 3 }) },
      { weight: 1, arbitrary: fc.nat(255).map((byte) => `%${byte.toString(16).padStart(2, '0')}`) },
    ),
    { maxLength: 12 },
  )
  .map((parts) => `/${parts.join('')}`.replaceAll('?', ''));

function decodeBytes(text: string): string {
  return text.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function spell(character: string, how: number): string {
  if (how === 0 || character === '/') return character;
  const hex = character.charCodeAt(0).toString(16);
  return `%${how === 1 ? hex : hex.toUpperCase()}`;
}
