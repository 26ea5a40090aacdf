import { clientAddress, compileTrust, identifyClient, plainAddress } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['unknown', undefined],
    ['_hidden', undefined],
    ['192.0.2.1:port', undefined],
    ['192.0.2.256', undefined],
    ['[192.0.2.1', undefined],
    ['', undefined],
  ])('%s is plainly %s', (given, plain) => {
    expect(plainAddress(given)).toBe(plain);
  });
});

describe('trust', () => {
  it('covers what is listed and nothing else', () => {
    const trust = compileTrust(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
    const addresses = [
      '10.1.2.3',
      '11.0.0.1',
      '2001:db8::9',
      '2001:db9::9',
      '192.0.2.7',
      '192.0.2.8',
      'unix',
      'x',
    ];
    expect(addresses.filter((address) => trust(address))).toEqual(['10.1.2.3', '2001:db8::9', '192.0.2.7']);
    expect(compileTrust(['unix'])('unix')).toBe(true);
  });

  it.each(['10.0.0.0/33', '10.0.0', 'localhost', '::1/129', '::1/x', '10.0.0.0/', ''])(
    'is not compiled from %j',
    (entry) => {
      expect(() => compileTrust([entry])).toThrow(`expected an IP address, a CIDR or "unix", got "${entry}"`);
    },
  );
});

describe('the client address', () => {
  const trust = compileTrust(['10.0.0.0/8', '::1']);

  it.each([
    ['192.0.2.1', '1.1.1.1', '192.0.2.1'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', '1.1.1.1', '1.1.1.1'],
    ['10.0.0.1', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    ['10.0.0.1', '6.6.6.6, 1.1.1.1,10.0.0.2 , ::1', '1.1.1.1'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['10.0.0.1', '1.1.1.1, unknown', '10.0.0.1'],
    ['10.0.0.1', '1.1.1.1, unknown, 10.0.0.2', '10.0.0.2'],
    ['10.0.0.1', ',', '10.0.0.1'],
    ['::1', '[2001:db8::1]:80', '2001:db8::1'],
  ])('of peer %s with "%s" is %s', (peer, forwardedFor, client) => {
    expect(clientAddress(peer, forwardedFor, trust)).toBe(client);
  });

  it('CVE-2026-3635: is the peer itself whatever an untrusted peer claims', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.string(), (peer, forwardedFor) => {
        expect(clientAddress(peer, forwardedFor, compileTrust([]))).toBe(peer);
      }),
    );
  });

  it('cannot be moved by what a client writes before the trusted proxies add theirs', () => {
    const outside = fc.ipV4().filter((address) => !trust(address));
    const proxies = fc.array(
      fc.integer({ min: 1, max: 250 }).map((last) => `10.0.0.${last}`),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(fc.string(), outside, proxies, (spoofed, client, chain) => {
        const peer = chain.at(-1) ?? '';
        const forwardedFor = [spoofed, client, ...chain.slice(0, -1)].join(', ');
        expect(clientAddress(peer, forwardedFor, trust)).toBe(client);
      }),
    );
  });

  it('is an address or the peer, whatever a trusted peer sends', () => {
    fc.assert(
      fc.property(fc.string(), (forwardedFor) => {
        const client = clientAddress('10.0.0.1', forwardedFor, trust);
        expect(plainAddress(client)).toBe(client);
      }),
    );
  });
});

describe('the client of a unix socket', () => {
  const arrival = {
    peer: undefined,
    scheme: 'http',
    authority: 'a.example',
    rawHeaders: ['X-Forwarded-For', '1.1.1.1'],
  } as const;

  it('is `unix` unless unix peers are trusted', () => {
    expect(identifyClient(arrival, compileTrust([]), () => 'id')).toMatchObject({
      address: 'unix',
      chain: ['unix'],
    });
    expect(identifyClient(arrival, compileTrust(['unix']), () => 'id').address).toBe('1.1.1.1');
  });
});
