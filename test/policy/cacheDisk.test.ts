// `cache.disk` from outside: large answers from files, whole and in part, over each protocol.
import { existsSync, readdirSync, readlinkSync, rmdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask, fieldOf, type Answer, type Asked } from '../support/ask.ts';
import { open } from '../support/open.ts';
import type { Running } from '../support/ways.ts';
import { directoryWith, PROTOCOLS, start } from './start.ts';

const BODY = Buffer.from(Array.from({ length: 400_000 }, (_, at) => (at * 7) % 253));

interface Cached {
  readonly running: Running;
  readonly directory: string;
  /** Requests that reached the target, with their conditions. */
  readonly seen: (string | undefined)[];
  ask(asked?: Partial<Asked>): Promise<Answer>;
}

async function behind(protocol: 'h1' | 'h2', control: string): Promise<Cached> {
  const directory = join(directoryWith(), 'cache');
  const seen: (string | undefined)[] = [];
  const { url } = await httpUpstream((request, response) => {
    seen.push(request.headers['if-none-match']);
    const fields = { 'cache-control': control, etag: '"1"' };
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304, fields).end();
    else response.writeHead(200, { ...fields, 'content-length': BODY.length }).end(BODY);
  });
  const cache = { maxBody: '64KB', disk: { directory } };
  const running = await start([{ path: '/', upstream: url, cache }]);
  const asking = (asked: Partial<Asked> = {}): Promise<Answer> =>
    ask(running.httpsPort, protocol, { path: '/', ...asked });
  return { running, directory, seen, ask: asking };
}

const cacheOf = ({ running }: Cached) => running.front?.status().caches[0];
const statusOf = ({ fields }: Answer): string => fieldOf(fields, 'cache-status') ?? '';
/** What the filesystem still has of it: a descriptor of this process. */
const descriptors = ({ directory }: Cached): string[] =>
  readdirSync('/proc/self/fd')
    .map((name) => `/proc/self/fd/${name}`)
    .filter((path) => linkOf(path).startsWith(`${directory}/`));

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor that the directory was read with.
    return '';
  }
}

describe.each(PROTOCOLS)('%s', (protocol) => {
  it('answers from a file, whole, in part, to HEAD and to whoever has it', async () => {
    const cached = await behind(protocol, 'max-age=60');
    expect(statusOf(await cached.ask())).toBe('tollgate; fwd=uri-miss; stored');
    const again = await cached.ask();
    expect(statusOf(again)).toMatch(/^tollgate; hit/);
    expect(fieldOf(again.fields, 'content-length')).toBe(String(BODY.length));
    expect(again.body.equals(BODY)).toBe(true);
    const part = await cached.ask({ fields: { range: 'bytes=1000-299999' } });
    expect([part.status, fieldOf(part.fields, 'content-range')]).toEqual([206, 'bytes 1000-299999/400000']);
    expect(part.body.equals(BODY.subarray(1000, 300_000))).toBe(true);
    const head = await cached.ask({ method: 'HEAD' });
    expect([head.body.length, fieldOf(head.fields, 'content-length')]).toEqual([0, String(BODY.length)]);
    expect((await cached.ask({ fields: { 'if-none-match': '"1"' } })).status).toBe(304);
    expect((await cached.ask({ fields: { range: 'bytes=900000-' } })).status).toBe(416);
    expect(cached.seen).toEqual([undefined]);
    expect(cacheOf(cached)).toMatchObject({ entries: 1, diskFiles: 1, diskBytes: BODY.length, hits: 5 });
    expect(cacheOf(cached)?.bytes).toBeLessThan(10_000);
    expect([readdirSync(cached.directory), descriptors(cached).length]).toEqual([[], 1]);
  });

  it('serves what the target confirms, and lets go of it when it is purged', async () => {
    const cached = await behind(protocol, 'no-cache');
    await cached.ask();
    for (let at = 0; at < 2; at++) expect((await cached.ask()).body.equals(BODY)).toBe(true);
    expect(cached.seen).toEqual([undefined, '"1"', '"1"']);
    expect(cacheOf(cached)).toMatchObject({ entries: 1, diskFiles: 1, validated: 2 });
    cached.running.front?.purge({ kind: 'everything' });
    // The last who asked about it may have to be told of its end yet.
    await expect.poll(() => cacheOf(cached)).toMatchObject({ entries: 0, diskFiles: 0, diskBytes: 0 });
    await expect.poll(() => descriptors(cached)).toEqual([]);
    expect((await cached.ask()).body.equals(BODY)).toBe(true);
  });

  it('gives a slow reader the whole of what is forgotten meanwhile, and then closes it', async () => {
    const cached = await behind(protocol, 'max-age=60');
    await cached.ask();
    const slow = open(cached.running.httpsPort, protocol, 'GET', '/');
    const { body } = await slow.answered;
    cached.running.front?.purge({ kind: 'everything' });
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(BODY)).toBe(true);
    slow.leave();
    await expect.poll(() => [cacheOf(cached)?.diskBytes, descriptors(cached).length]).toEqual([0, 0]);
  });

  it('cuts an answer that the disk cannot give whole, and asks the target from then on', async () => {
    const cached = await behind(protocol, 'max-age=60');
    await cached.ask();
    truncateSync(descriptors(cached)[0] ?? '', 100_000);
    await expect(cached.ask()).rejects.toThrow();
    expect(cacheOf(cached)).toMatchObject({ entries: 0, diskErrors: 1 });
    expect((await cached.ask()).body.equals(BODY)).toBe(true);
    expect(cached.seen.length).toBe(2);
  });
});

it('serves all from the target while the directory is none', async () => {
  const cached = await behind('h1', 'max-age=60');
  await expect.poll(() => existsSync(cached.directory)).toBe(true);
  rmdirSync(cached.directory);
  writeFileSync(cached.directory, '');
  for (let at = 0; at < 2; at++) expect((await cached.ask()).body.equals(BODY)).toBe(true);
  expect(cached.seen.length).toBe(2);
  expect(cacheOf(cached)).toMatchObject({ entries: 0, diskBytes: 0 });
  expect(cacheOf(cached)?.diskErrors).toBeGreaterThan(0);
});
