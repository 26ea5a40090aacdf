import { compileTrust, identifyClient, plainAddress, requestFields, type Trust } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accepted, head } from '../gate/support.ts';
import { flat, lines } from './lines.ts';

const NOBODY = compileTrust([]);

interface Arrived {
  readonly peer?: string;
  readonly trust?: Trust;
  readonly scheme?: 'http' | 'https';
  readonly httpVersion?: string;
}

/** Through the gate and to the target, as a lane does it; fields as lines. */
function outgoing(sent: readonly string[], arrived: Arrived = {}): string[] {
  const { peer = '192.0.2.1', trust = NOBODY, scheme = 'https', httpVersion = '1.1' } = arrived;
  const rawHeaders = flat('Host: Example.com:8443', ...sent);
  const h2 = { protocol: 'h2', httpVersion, authority: 'example.com:8443', scheme, rawHeaders } as const;
  const verdict = accepted(head(httpVersion === '2.0' ? h2 : { scheme, rawHeaders }));
  const arrival = { peer: plainAddress(peer), scheme, authority: verdict.authority, rawHeaders };
  const client = identifyClient(arrival, trust, () => 'id-1');
  return lines(requestFields(verdict, rawHeaders, client, httpVersion));
}

/** What is left of the client's own fields, between Host and the six that the front adds. */
const endToEnd = (sent: readonly string[], arrived?: Arrived): string[] =>
  outgoing(sent, arrived).slice(1, -6);

describe('the fields that go to a target', () => {
  it('are the canonical Host, what the client sent, and what the front says', () => {
    expect(outgoing(['User-Agent: curl', 'accept: */*'])).toEqual([
      'Host: example.com:8443',
      'User-Agent: curl',
      'accept: */*',
      'X-Forwarded-For: 192.0.2.1',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: example.com:8443',
      'Forwarded: for=192.0.2.1;proto=https;host="example.com:8443"',
      'X-Request-Id: id-1',
      'Via: 1.1 tollgate',
    ]);
  });

  it('do not include those of the connection, nor those that Connection names', () => {
    const hopByHop = [
      'Connection: close, X-Secret',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: close',
      'TE: trailers',
    ];
    const upgrade = ['Upgrade: h2c', 'HTTP2-Settings: AAA'];
    const rest = [
      'X-Secret: a',
      'Transfer-Encoding: chunked',
      'Proxy-Authorization: Basic x',
      'Expect: 100-continue',
    ];
    expect(endToEnd([...hopByHop, 'X-Kept: b', ...upgrade, 'Trailer: X-Sum', ...rest])).toEqual([
      'X-Kept: b',
      'Trailer: X-Sum',
    ]);
  });

  it('cannot be removed by naming them in Connection: Host, framing, and all that the front adds', () => {
    const added = 'Host, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Forwarded, X-Request-Id, Via';
    const kept = ['Content-Length: 3', 'Cache-Control: no-store'];
    expect(outgoing([`Connection: ${added}, Content-Length, Cache-Control`, ...kept])).toEqual(
      outgoing(kept),
    );
  });

  it('say nothing of what an untrusted client claims about itself', () => {
    const addresses = ['X-Forwarded-For: 10.0.0.1', 'X-Real-IP: 10.0.0.1', 'True-Client-IP: 10.0.0.1'];
    const forwarded = [
      'x-forwarded-proto: http',
      'X-FORWARDED-HOST: evil.example',
      'Forwarded: for=10.0.0.1',
    ];
    const others = ['X-Forwarded-Port: 1', 'X-Forwarded-Prefix: /x', 'X-Request-Id: mine'];
    const rewrites = ['X-Original-URL: /admin', 'X-Rewrite-URL: /admin'];
    expect(outgoing([...addresses, ...forwarded, ...others, ...rewrites])).toEqual(outgoing([]));
  });

  it('never include Proxy, which CGI programs take for HTTP_PROXY (CVE-2016-5385)', () => {
    expect(endToEnd(['Proxy: http://evil.example/'])).toEqual([]);
  });

  it('drop names with an underscore, and survive __proto__ and constructor', () => {
    const sent = ['X_Forwarded_For: 10.0.0.1', '__proto__: x', 'constructor: y', 'toString: z'];
    expect(endToEnd(sent)).toEqual(['constructor: y', 'toString: z']);
  });

  it('have one Cookie for the many of HTTP/2, and no pseudo-header', () => {
    const sent = [':path: /', 'cookie: a=1', 'accept: */*', 'cookie: b=2'];
    const h2 = { httpVersion: '2.0' };
    expect(endToEnd(sent, h2)).toEqual(['cookie: a=1; b=2', 'accept: */*']);
    expect(outgoing(sent, h2).at(-1)).toBe('Via: 2.0 tollgate');
  });

  it('keep a Via that came and add the front after it', () => {
    const via = outgoing(['Via: 1.0 other']).filter((line) => line.startsWith('Via'));
    expect(via).toEqual(['Via: 1.0 other', 'Via: 1.1 tollgate']);
  });

  it('carry the whole believed chain, and what a trusted proxy says', () => {
    const trust = compileTrust(['10.0.0.0/8']);
    const chain = [
      'X-Forwarded-For: 1.1.1.1, 203.0.113.7',
      'X-Forwarded-For: 10.0.0.2',
      'Forwarded: for=9.9.9.9',
    ];
    const request = [
      'X-Forwarded-Proto: http, HTTPS',
      'X-Forwarded-Host: Shop.Example',
      'X-Request-Id: abc-1',
    ];
    const sent = [...chain, ...request, 'X-Forwarded-Port: 443'];
    expect(outgoing(sent, { peer: '::ffff:10.0.0.1', trust, scheme: 'http' }).slice(1)).toEqual([
      'X-Forwarded-Port: 443',
      'X-Forwarded-For: 203.0.113.7, 10.0.0.2, 10.0.0.1',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: shop.example',
      'Forwarded: for=203.0.113.7;proto=https;host=shop.example, for=10.0.0.2, for=10.0.0.1',
      'X-Request-Id: abc-1',
      'Via: 1.1 tollgate',
    ]);
  });

  it('quote IPv6 and leave its zone out', () => {
    expect(outgoing([], { peer: '2001:DB8::1%eth0' })).toContain(
      'Forwarded: for="[2001:db8::1]";proto=https;host="example.com:8443"',
    );
  });

  it('take nothing malformed even from a trusted proxy', () => {
    const trust = compileTrust(['192.0.2.1']);
    const request = ['X-Forwarded-Proto: gopher', 'X-Forwarded-Host: a b', 'X-Request-Id: a"b'];
    expect(outgoing([...request, 'X-Forwarded-For: 1.1.1.1, unknown'], { trust })).toEqual(outgoing([]));
  });
});

const HOP_BY_HOP =
  /^(connection|keep-alive|te|upgrade|proxy-connection|http2-settings|proxy-authorization)$/i;
const CLAIM = /^(x-forwarded-.*|forwarded|x-real-ip|x-request-id|proxy)$/i;
const GATE_READS = /^(host|content-length|transfer-encoding|expect|cookie)$/i;

const token = fc.stringMatching(/^[A-Za-z][\w-]{0,14}$/);
const list = fc
  .array(fc.oneof(token, fc.constantFrom('x-a', 'X-B', 'Via', 'HOST', 'X-Request-Id')))
  .map((names) => names.join(','));
const name = fc.oneof(
  token,
  fc.constantFrom('X-A', 'x-b', 'Accept', 'X-Forwarded-For', 'x-real-ip', 'FORWARDED', 'X-Request-Id'),
  fc.constantFrom('keep-alive', 'TE', 'Upgrade', 'Proxy-Connection', 'HTTP2-Settings', 'proxy-authorization'),
);
const fields = fc.array(
  fc
    .oneof(fc.tuple(name, token), fc.tuple(fc.constantFrom('Connection', 'connection'), list))
    .filter(([name]) => !GATE_READS.test(name)),
);

describe('whatever a client sends', () => {
  it('no hop-by-hop field survives, and every other one does, in order', () => {
    fc.assert(
      fc.property(fields, (sent) => {
        const named = new Set(
          sent
            .filter(([name]) => name.toLowerCase() === 'connection')
            .flatMap(([, value]) => value.toLowerCase().split(',')),
        );
        for (const kept of ['close', 'keep-alive', 'upgrade', 'vary', 'set-cookie']) named.delete(kept);
        const expected = sent.filter(
          ([name]) =>
            !(
              HOP_BY_HOP.test(name) ||
              CLAIM.test(name) ||
              name.includes('_') ||
              named.has(name.toLowerCase())
            ),
        );
        expect(endToEnd(asLines(sent))).toEqual(asLines(expected));
      }),
    );
  });

  it('the front says the same of it', () => {
    const own = outgoing([]).slice(1);
    fc.assert(
      fc.property(fields, (sent) => {
        expect(outgoing(asLines(sent)).slice(-6)).toEqual(own);
      }),
    );
  });
});

function asLines(sent: readonly (readonly [name: string, value: string])[]): string[] {
  return sent.map(([name, value]) => `${name}: ${value}`);
}
