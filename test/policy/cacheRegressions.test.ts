// Faults that caches had, by name.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fieldOf } from '../support/ask.ts';
import { behind, cacheOf, numbered, statusOf, type Cached } from './cached.ts';

const behindImpatient = (answer: (response: ServerResponse) => void): Promise<Cached> =>
  behind((_request, response) => answer(response), { cache: 'on' }, {}, { timeouts: { responseIdle: '1s' } });

describe('a cache', () => {
  it('a field that Connection names away selects no answer: its target has not seen it', async () => {
    const cached = await behind(
      (request, response) => {
        response.writeHead(200, { vary: 'Accept-Language', 'cache-control': 'max-age=60' });
        response.end(request.headers['accept-language'] ?? 'none');
      },
      { cache: 'on' },
    );
    const german = { 'accept-language': 'de' };
    const hidden = await cached.ask({ fields: { ...german, connection: 'close, Accept-Language' } });
    expect(hidden.body.toString()).toBe('none');
    expect((await cached.ask({ fields: german })).body.toString()).toBe('de');
    expect((await cached.ask()).body.toString()).toBe('none');
    expect(cached.seen).toHaveLength(2);
  });

  it('a stale answer is refreshed whole, though a part of it was asked for', async () => {
    const cached = await behind(
      ({ headers }, response) => {
        const fields = { 'cache-control': 'max-age=1, stale-while-revalidate=600' };
        if (headers.range === undefined) response.writeHead(200, fields).end('0123456789');
        else response.writeHead(206, { ...fields, 'content-range': 'bytes 0-1/10' }).end('01');
      },
      { cache: 'on' },
    );
    await cached.ask();
    await sleep(1100);
    const part = await cached.ask({ fields: { range: 'bytes=0-1' } });
    expect([part.status, part.body.toString()]).toEqual([206, '01']);
    await expect.poll(() => cached.seen.length).toBe(2);
    expect(cached.seen[1]?.headers.range).toBeUndefined();
    await expect.poll(() => cacheOf(cached)?.entries).toBe(1);
    expect(statusOf(await cached.ask())).toMatch(/hit/);
  });

  it('HEAD asks for no part', async () => {
    const cached = await behind(numbered({ 'cache-control': 'max-age=60' }), { cache: 'on' });
    await cached.ask();
    const head = await cached.ask({ method: 'HEAD', fields: { range: 'bytes=0-1' } });
    expect([head.status, fieldOf(head.fields, 'content-length')]).toEqual([200, '8']);
  });

  it('a refresh ends whose target falls silent within its answer', async () => {
    let count = 0;
    const cached = await behindImpatient((response) => {
      count += 1;
      response.writeHead(200, {
        'cache-control': 'max-age=1, stale-while-revalidate=600',
        'content-length': '10',
      });
      if (count === 2) response.write('01234');
      else response.end('0123456789');
    });
    await cached.ask();
    await sleep(1100);
    await cached.ask();
    await expect.poll(() => count).toBe(2);
    await expect.poll(() => cached.running.front?.status().activeRequests).toBe(0);
    await expect
      .poll(async () => {
        await cached.ask();
        return count;
      })
      .toBeGreaterThan(2);
  });
});
