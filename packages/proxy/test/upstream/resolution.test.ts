// Names with several addresses that come and go: each address is a server, and a name server that is down changes nothing.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { UpstreamConfig } from '@tollgate/core';
import { plain, route, startFront, upstream, type Running } from '../support/front.ts';
import { exchangeRaw } from '../support/raw.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** Servers on one port of several loopback addresses; each says its own. */
async function onAddresses(hosts: readonly string[]): Promise<number> {
  let port = 0;
  for (const host of hosts) {
    const server: Server = createServer((_request, response) => response.end(host));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server.listen(port, host), 'listening');
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  }
  return port;
}

interface Named {
  readonly running: Running;
  /** What the name stands for; an error: nobody can say. */
  answer: readonly string[] | Error;
  readonly asked: string[];
}

async function frontOf(
  port: number,
  answer: readonly string[] | Error,
  more: Partial<UpstreamConfig> = {},
): Promise<Named> {
  const asked: string[] = [];
  const named: { answer: readonly string[] | Error } = { answer };
  const running = await startFront(
    plain({
      routes: [route('/', upstream([`http://localhost:${port}`], { resolveMs: 10, ...more }))],
      lookup: async (name) => {
        asked.push(name);
        if (named.answer instanceof Error) throw named.answer;
        return named.answer;
      },
    }),
  );
  return Object.assign(named, { running, asked });
}

const addressesOf = ({ front }: Running): (string | null)[] =>
  front.status().upstreams.map(({ address }) => address);

async function answers({ httpPort }: Running, count: number): Promise<string[]> {
  const all: string[] = [];
  for (let at = 0; at < count; at++) all.push((await exchangeRaw(httpPort, GET)).split('\r\n\r\n')[1] ?? '');
  return all;
}

describe.each(['http-proxy', 'wire'] as const)('names that are looked up, engine %s', (engine) => {
  it('ask each address in turn, follow them as they change, and keep them while nobody can say', async () => {
    const port = await onAddresses(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
    const named = await frontOf(port, ['127.0.0.2', '127.0.0.1'], { engine });
    const { running } = named;
    await expect.poll(() => addressesOf(running)).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(await answers(running, 4)).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.1', '127.0.0.2']);
    named.answer = ['127.0.0.2', '127.0.0.3'];
    await expect.poll(() => addressesOf(running)).toEqual(['127.0.0.2', '127.0.0.3']);
    expect(new Set(await answers(running, 4))).toEqual(new Set(['127.0.0.2', '127.0.0.3']));
    expect(running.front.status().upstreams).toMatchObject([{ requests: 4 }, { requests: 2 }]);
    named.answer = new Error('no name server');
    await expect.poll(() => running.front.status().upstreamTotals[0]?.lookupsFailed).toBeGreaterThan(2);
    expect(addressesOf(running)).toEqual(['127.0.0.2', '127.0.0.3']);
    expect((await answers(running, 2)).sort()).toEqual(['127.0.0.2', '127.0.0.3']);
    named.answer = ['127.0.0.2', '127.0.0.3'];
    await expect.poll(() => running.events.map(([, text]) => text)).toContain('the name is found again');
    const warnings = running.events.filter(([, text]) => /cannot be looked up/.test(String(text)));
    expect(warnings).toHaveLength(1);
    expect(new Set(named.asked)).toEqual(new Set(['localhost']));
  });

  it('connect by name until the first answer comes', async () => {
    const port = await onAddresses(['127.0.0.1']);
    const { running } = await frontOf(port, new Error('not yet'), { engine });
    expect(await answers(running, 1)).toEqual(['127.0.0.1']);
    expect(addressesOf(running)).toEqual([null]);
  });

  it('ask the other addresses when one of them is dead', async () => {
    const port = await onAddresses(['127.0.0.1']);
    const { running } = await frontOf(port, ['127.0.0.1', '127.0.0.9'], { engine });
    await expect.poll(() => addressesOf(running)).toEqual(['127.0.0.1', '127.0.0.9']);
    expect(await answers(running, 8)).toEqual(Array.from({ length: 8 }, () => '127.0.0.1'));
    expect(running.front.status().upstreams).toMatchObject([{ state: 'up' }, { state: 'marked' }]);
  });
});

describe('names that are looked up', () => {
  it('have each address checked, and no longer those that are gone', async () => {
    const port = await onAddresses(['127.0.0.1', '127.0.0.2']);
    const named = await frontOf(port, ['127.0.0.1', '127.0.0.9'], {
      health: {
        host: undefined,
        path: '/',
        intervalMs: 20,
        timeoutMs: 1000,
        fall: 1,
        rise: 1,
        statuses: [[200, 299]],
      },
    });
    const statesOf = (): string[] => named.running.front.status().upstreams.map(({ state }) => state);
    await expect.poll(statesOf).toEqual(['up', 'unhealthy']);
    named.answer = ['127.0.0.1', '127.0.0.2'];
    await expect.poll(() => addressesOf(named.running)).toEqual(['127.0.0.1', '127.0.0.2']);
    await expect
      .poll(() => named.running.front.status().upstreams.map(({ checks }) => (checks?.passed ?? 0) > 0))
      .toEqual([true, true]);
    expect(statesOf()).toEqual(['up', 'up']);
  });

  it('take no more addresses than a table may hold, and none twice', async () => {
    const many = Array.from({ length: 500 }, (_, at) => `127.1.${at >> 8}.${at & 255}`);
    const named = await frontOf(1, [...many, ...many]);
    await expect.poll(() => addressesOf(named.running).length).toBe(64);
    expect(new Set(addressesOf(named.running)).size).toBe(64);
  });
});
