import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAuthority, canonicalHost } from '../../src/gate/host.ts';

describe('the canonical host', () => {
  it.each([
    ['Example.COM', { host: 'example.com', port: undefined }],
    ['example.com.', { host: 'example.com', port: undefined }],
    ['example.com:8443', { host: 'example.com', port: 8443 }],
    ['example.com:', { host: 'example.com', port: undefined }],
    ['example.com:00080', { host: 'example.com', port: 80 }],
    ['xn--bcher-kva.example', { host: 'xn--bcher-kva.example', port: undefined }],
    ['a_b.internal', { host: 'a_b.internal', port: undefined }],
    ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
    ['[2001:DB8:0:0::1]:443', { host: '[2001:db8::1]', port: 443 }],
    ['[::FFFF:1.2.3.4]', { host: '[::ffff:102:304]', port: undefined }],
    ['1.example', { host: '1.example', port: undefined }],
    ['1e100.net', { host: '1e100.net', port: undefined }],
  ])('of %s is split and in one spelling', (given, canonical) => {
    expect(canonicalAuthority(given)).toEqual(canonical);
  });

  it.each([
    ['', 'nothing'],
    ['user@example.com', 'user information'],
    ['user@a/b', 'user information and a path'],
    ['a,b', 'a list'],
    ['a b', 'a space'],
    ['example.com:80:80', 'two ports'],
    ['example.com:http', 'a named port'],
    ['example.com:0', 'port 0'],
    ['example.com:65536', 'a port too high'],
    ['example.com:+80', 'a signed port'],
    ['example.com:123456', 'a port too long'],
    ['example..com', 'an empty label'],
    ['.example.com', 'an empty first label'],
    ['.', 'only a dot'],
    ['example.com..', 'two trailing dots'],
    ['ex%61mple.com', 'an escape'],
    ['b\u00fccher.example', 'a letter beyond ASCII'],
    ['\u212aelvin.example', 'a sign whose lower case is ASCII'],
    ['127.1', 'a short IPv4 address'],
    ['0x7f.0.0.1', 'a hexadecimal IPv4 address'],
    ['2130706433', 'an IPv4 address as one number'],
    ['127.0.0.01', 'an octal IPv4 address'],
    ['1.2.3.4.5', 'five numbers'],
    ['::1', 'IPv6 without brackets'],
    ['[::1', 'an open bracket'],
    ['[::1]x', 'something after the bracket'],
    ['[::1]:x', 'a bad port after the bracket'],
    ['[fe80::1%25eth0]', 'a zone'],
    ['[fe80::1%eth0]', 'a raw zone'],
    ['[1.2.3.4]', 'IPv4 in brackets'],
    ['[v1.a]', 'a future address'],
    [`${'a'.repeat(64)}.example`, 'a label of 64'],
    [`${'a.'.repeat(127)}example`, 'a name over 253'],
    ['*.example.com', 'a wildcard'],
    ['example.com/', 'a path'],
    ['example.com\\x', 'a backslash'],
    ['example.com?', 'a query'],
    ['example.com#', 'a fragment'],
  ])('of %j is none: %s', (given) => {
    expect(canonicalAuthority(given)).toBeUndefined();
  });

  it('is its own canonical host, in lower case ASCII without a trailing dot', () => {
    const text = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((address) => `[${address}]`),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (given) => {
        const host = canonicalHost(given);
        if (host === undefined) return;
        expect(canonicalHost(host)).toBe(host);
        expect(host).toMatch(/^(?:[\da-z_-]+(?:\.[\da-z_-]+)*|\[[\da-f:]+\])$/);
      }),
    );
  });

  it('does not depend on case or a trailing dot', () => {
    fc.assert(
      fc.property(fc.domain(), (name) => {
        expect(canonicalHost(`${name.toUpperCase()}.`)).toBe(canonicalHost(name));
      }),
    );
  });

  it('takes every domain and address there is', () => {
    const address = fc.oneof(
      fc.domain().map((name) => name.toLowerCase()),
      fc.ipV4(),
    );
    fc.assert(
      fc.property(address, fc.ipV6(), (given, ipv6) => {
        expect(canonicalHost(given)).toBe(given);
        expect(canonicalHost(`[${ipv6}]`)).toBeDefined();
      }),
    );
  });
});
