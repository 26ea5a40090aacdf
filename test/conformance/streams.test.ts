// Bodies that take their time, in both directions: nothing is held back that has come, nothing is taken that cannot be
// passed on, and a body that broke off never looks whole.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { downloadPiece } from '@tollgate/backend';
import { ask } from '../support/ask.ts';
import { open } from '../support/open.ts';
import type { Flood } from '../support/probe/flood.ts';
import { recordOf } from '../support/records.ts';
import { FRONT_WAYS, onEveryWay, WAYS } from '../support/ways.ts';
import type { Running } from '../support/ways.ts';

const MB = 1024 ** 2;
/** Kernel, TLS and stream buffers of both connections together; an answer without back-pressure makes this in a blink. */
const BUFFERS = 32 * MB;

async function floodOf({ httpsPort }: Running, key: string): Promise<Flood> {
  const answer = await ask(httpsPort, 'h1', { path: `/probe/flooded/${key}` });
  return JSON.parse(answer.body.toString());
}

function expectedDownload(bytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes; at += pieces.at(-1)?.length ?? 0) pieces.push(downloadPiece(at, bytes - at));
  return Buffer.concat(pieces);
}

onEveryWay(WAYS, (running, protocol) => {
  let count = 0;
  const unique = (): string => `${protocol}-${(count += 1)}`;

  it('an event arrives when it is sent, not when the stream ends', async () => {
    const { answered, leave } = open(
      running().httpsPort,
      protocol,
      'GET',
      '/events?count=2&intervalMs=60000',
    );
    const { status, body } = await answered;
    const [first] = await once(body.resume(), 'data');
    expect([status, String(first)]).toEqual([200, expect.stringMatching(/^id: 1\n/)]);
    leave();
  });

  it('8 MB come down as they were made', async () => {
    const bytes = 8 * MB + 13;
    const answer = await ask(running().httpsPort, protocol, { path: `/download?bytes=${bytes}` });
    expect(answer.body.equals(expectedDownload(bytes))).toBe(true);
  });

  it('8 MB go up as they were sent, and an answer tells their digest', async () => {
    const body = expectedDownload(8 * MB + 7);
    const path = `/upload?digest=1&case=${unique()}`;
    const answer = await ask(running().httpsPort, protocol, { method: 'POST', path, body });
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(JSON.parse(answer.body.toString())).toEqual({ bytes: body.length, sha256 });
    expect(await recordOf(running(), path)).toMatchObject({ bytesIn: body.length, status: 200 });
  });

  it('a reader that stops stops the app, and one that leaves ends it', async () => {
    const key = unique();
    const path = `/probe/flood/${key}`;
    const { answered, leave } = open(running().httpsPort, protocol, 'GET', path);
    await answered;
    await expect.poll(async () => (await floodOf(running(), key)).made).toBeGreaterThan(0);
    await settled(async () => (await floodOf(running(), key)).made);
    const { made, closed } = await floodOf(running(), key);
    expect(made).toBeLessThan(BUFFERS);
    expect(closed).toBe(false);
    leave();
    await expect.poll(async () => (await floodOf(running(), key)).closed, { timeout: 10_000 }).toBe(true);
    expect(await recordOf(running(), path)).toMatchObject({ status: 499 });
  });

  it('an app that does not read stops the sender, and loses nothing', async () => {
    const { sending, answered } = open(running().httpsPort, protocol, 'POST', '/probe/deaf');
    const piece = Buffer.alloc(MB, 'x');
    let taken = 0;
    while (taken < 128 && sending.write(piece)) taken += 1;
    const blockedAt = taken;
    const rest = 8;
    for (let at = 0; at < rest; at++) {
      taken += 1;
      if (!sending.write(piece)) await once(sending, 'drain');
    }
    sending.end();
    const { body } = await answered;
    let text = '';
    for await (const chunk of body) text += String(chunk);
    expect(blockedAt).toBeLessThan(64);
    // The piece that was refused room is in the stream's own buffer, and counted once more here.
    expect(JSON.parse(text)).toEqual({ bytes: (taken + 1) * MB });
  });

  it('a client that leaves in the middle of its body leaves the app no whole body, and 499 in the log', async () => {
    const key = unique();
    const path = `/probe/swallow/${key}`;
    const { sending, leave } = open(running().httpsPort, protocol, 'POST', path);
    sending.write(Buffer.alloc(100_000));
    await expect.poll(async () => (await floodOf(running(), key)).made).toBe(100_000);
    leave();
    await expect.poll(async () => (await floodOf(running(), key)).closed, { timeout: 10_000 }).toBe(true);
    expect(await recordOf(running(), path)).toMatchObject({ status: 499, bytesIn: 100_000 });
  });

  it('20 streams at once each get their own bytes', async () => {
    const sizes = Array.from({ length: 20 }, (_, at) => 100_000 + at * 10_007);
    const answers = await Promise.all(
      sizes.map((bytes) => ask(running().httpsPort, protocol, { path: `/download?bytes=${bytes}` })),
    );
    expect(answers.map(({ body }, at) => body.equals(expectedDownload(sizes[at] ?? 0)))).toEqual(
      sizes.map(() => true),
    );
  });
});

// Without a front there is one way in which this fails: over HTTP/2, Node ends a destroyed answer as if it were whole.
describe('with a front', () => {
  onEveryWay(FRONT_WAYS, (running, protocol) => {
    it.each(['length', 'chunked'])(
      'an answer (%s) that the app breaks off is never whole',
      async (framing) => {
        const path = `/probe/cut?framing=${framing}&case=${protocol}`;
        await expect(ask(running().httpsPort, protocol, { path })).rejects.toThrow(
          /aborted|NGHTTP2_INTERNAL_ERROR/,
        );
        // The app's failure, not the client's.
        const { status } = await recordOf(running(), path);
        expect(status).toBe(502);
      },
    );
  });
});

/** Waits until a number stands still. */
async function settled(read: () => Promise<number>): Promise<void> {
  let before = -1;
  for (let now = await read(); now !== before; now = await read()) {
    before = now;
    await wait(150);
  }
}
