// Servers with their shares and bounds, and whose turn it is: what is read, and what is refused.
import type { UpstreamConfig } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { load, problemsOf, routes } from './support.ts';

function upstreamOf(given: string): UpstreamConfig {
  const target = load(routes(`{ path: /, upstream: ${given} }`)).config.sites[0]?.routes[0]?.target;
  if (target?.kind !== 'upstream') throw new Error('expected an upstream');
  return target.upstream;
}

const problemsIn = (given: string): string[] => problemsOf(routes(`{ path: /, upstream: { ${given} } }`));

const A = 'http://127.0.0.1:3000';
const B = 'unix:/run/b.sock';

describe('upstream', () => {
  it('servers may be mappings, each with its share and its bounds', () => {
    const given = `[ ${A}, { url: '${B}', weight: 3, backup: on, maxConnections: 8 } ]`;
    const expected = [
      { text: A, weight: 1, backup: false, maxConnections: undefined },
      { text: B, weight: 3, backup: true, maxConnections: 8, address: { path: '/run/b.sock' } },
    ];
    expect(upstreamOf(`{ servers: ${given} }`).servers).toMatchObject(expected);
    expect(upstreamOf(given).servers).toMatchObject(expected);
  });

  it.each([
    ['address', { from: 'address' }],
    ['cookie SID', { from: 'cookie', name: 'SID' }],
    ['header X-User', { from: 'header', name: 'x-user' }],
  ])('hashes by %s', (hashBy, by) => {
    expect(upstreamOf(`{ servers: ${A}, balance: hash, hashBy: ${hashBy} }`).balance).toEqual({
      kind: 'hash',
      by,
    });
  });

  it('hashes by address when nothing else is said', () => {
    expect(upstreamOf(`{ servers: ${A}, balance: hash }`).balance).toEqual({
      kind: 'hash',
      by: { from: 'address' },
    });
  });

  it('has a queue, retries, a breaker and a slow start', () => {
    const given =
      'queue: { size: 5 }, retries: { budget: 12.5% }, breaker: { share: 30%, least: 4 }, slowStart: 30s';
    expect(upstreamOf(`{ servers: ${A}, ${given} }`)).toMatchObject({
      queue: { size: 5, waitMs: 5000 },
      retries: { attempts: 1, budget: 0.125 },
      breaker: { share: 0.3, overMs: 10_000, least: 4 },
      slowStartMs: 30_000,
    });
  });

  it('has health checks, with their path alone or with all that there is', () => {
    const defaults = { host: undefined, intervalMs: 5000, timeoutMs: 2000, fall: 3, rise: 2 };
    expect(upstreamOf(`{ servers: ${A}, health: /ok }`).health).toEqual({
      path: '/ok',
      ...defaults,
      statuses: [
        [200, 299],
        [300, 399],
      ],
    });
    expect(
      upstreamOf(
        `{ servers: ${A}, health: { host: 'App.example:8080', interval: 1s, fall: 1, status: [204, 3xx, '401'] } }`,
      ).health,
    ).toEqual({
      path: '/',
      ...defaults,
      host: 'app.example:8080',
      intervalMs: 1000,
      fall: 1,
      statuses: [
        [204, 204],
        [300, 399],
        [401, 401],
      ],
    });
  });

  it('keeps no connection that a PROXY header has given to one client', () => {
    expect(upstreamOf(`{ servers: ${A}, proxyProtocol: v2 }`)).toMatchObject({
      proxyProtocol: 'v2',
      keepAliveSockets: 0,
    });
  });

  it('looks names up', () => {
    expect(upstreamOf('{ servers: http://app.test, resolve: 30s }').resolveMs).toBe(30_000);
  });

  it.each([
    [`servers: ${A}, warm: 2, proxyProtocol: v1`, 'warm: expected no proxyProtocol beside it'],
    [`servers: ${A}, keepAliveSockets: 8, warm: 9`, 'warm: expected at most keepAliveSockets (8), got 9'],
    [`servers: ${A}, health: ok`, 'health: expected a path such as /healthz, got "ok"'],
    [`servers: ${A}, health: { path: /a#b }`, 'health.path: expected a path such as /healthz, got "/a#b"'],
    [`servers: ${A}, health: { host: a/b }`, 'health.host: expected a host such as app.example'],
    [`servers: ${A}, health: { status: 2x }`, 'health.status: expected a status such as 200 or 2xx'],
    [
      `servers: ['${A}', '${B}'], resolve: 30s`,
      'resolve: expected a server with a name to look up, got none',
    ],
    [
      `servers: ${A}, hashBy: address`,
      '4:64: sites[0].routes[0].upstream.hashBy: expected balance: hash beside it',
    ],
    [`servers: [{ url: '${A}', backup: on }]`, 'servers: expected a server that is no backup, got none'],
    [
      `servers: [{ url: '${A}', weight: 0 }]`,
      'servers[0].weight: expected a whole number from 1 to 1000, got 0',
    ],
    [`servers: [{ url: 'ftp://a' }]`, 'servers[0].url: expected a server such as'],
    [`servers: [{ weight: 2 }]`, 'servers[0].url: expected a server such as'],
    [`servers: [{ url: '${A}', wieght: 2 }]`, 'servers[0].wieght: expected one of url, weight'],
    [`servers: ${A}, balance: hash, hashBy: cookie`, 'hashBy: expected address, cookie NAME or header NAME'],
    [`servers: ${A}, balance: hash, hashBy: "header a:b"`, 'hashBy: expected address, cookie NAME or header'],
    [
      `servers: ${A}, balance: random`,
      'balance: expected round-robin, least-connections or hash, got "random"',
    ],
    [`servers: ${A}, retries: { budget: 120% }`, 'retries.budget: expected a percentage from 0% to 100%'],
    [`servers: ${A}, queue: { wait: 5 }`, 'queue.wait: expected a duration'],
  ])('%s is a mistake', (given, problem) => {
    expect(problemsIn(given)).toEqual([expect.stringContaining(problem)]);
  });
});
