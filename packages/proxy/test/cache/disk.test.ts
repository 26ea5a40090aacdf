// Bodies of kept answers in files: bounded, nameless, and no loss when the disk is.
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { DiskBody } from '../../src/cache/disk/body.ts';
import { DiskCapture } from '../../src/cache/disk/diskCapture.ts';
import { FileBody } from '../../src/cache/disk/fileBody.ts';
import { DiskSpace } from '../../src/cache/disk/space.ts';
import { temporaryDirectory } from '../support/front.ts';

const KB = 1024;

const spaceOf = (limitBytes: number, directory = join(temporaryDirectory(), 'cache')): DiskSpace =>
  new DiskSpace(directory, limitBytes, () => undefined);

/** What passing the bytes through a capture comes to, and what the client got. */
async function captured(
  space: DiskSpace,
  bytes: Buffer,
  announced = bytes.length,
): Promise<DiskBody | string> {
  if (!space.reserve(announced)) throw new Error('expected room');
  const done = vi.fn<(body: DiskBody | string) => void>();
  const capture = new DiskCapture(space, announced, done);
  const reading = buffer(capture);
  capture.end(bytes);
  expect((await reading).equals(bytes)).toBe(true);
  if (!capture.closed) await once(capture, 'close');
  expect(done).toHaveBeenCalledTimes(1);
  return done.mock.calls[0]?.[0] ?? '';
}

async function bodyOf(space: DiskSpace, bytes: Buffer): Promise<DiskBody> {
  const body = await captured(space, bytes);
  if (!(body instanceof DiskBody)) throw new Error(`expected a body, got ${body}`);
  return body;
}

describe('a space on the disk', () => {
  it('takes bodies in without leaving a name, and gives them back whole or in part', async () => {
    const space = spaceOf(1000 * KB);
    const bytes = Buffer.from(Array.from({ length: 300 * KB }, (_, at) => at % 251));
    const body = await bodyOf(space, bytes);
    expect([space.bytes, space.files, readdirSync(space.directory)]).toEqual([bytes.length, 1, []]);
    expect(statSync(space.directory).mode & 0o777).toBe(0o700);
    expect((await body.read(1000, 200 * KB)).equals(bytes.subarray(1000, 1000 + 200 * KB))).toBe(true);
    await expect(body.read(299 * KB, 2 * KB)).rejects.toThrow('ended');
    body.release();
    expect([space.bytes, space.files, body.retain()]).toEqual([0, 0, false]);
  });

  it('pushes out what was not used for longest, and nothing that does not help', async () => {
    const space = spaceOf(300 * KB);
    const forgotten: string[] = [];
    const keep = async (name: string): Promise<DiskBody> => {
      const body = await bodyOf(space, Buffer.alloc(100 * KB));
      space.keep(body, () => {
        forgotten.push(name);
        body.release();
      });
      return body;
    };
    const a = await keep('a');
    await keep('b');
    await keep('c');
    space.touch(a);
    await keep('d');
    expect([forgotten, space.bytes]).toEqual([['b'], 300 * KB]);
    expect([space.reserve(301 * KB), forgotten]).toEqual([false, ['b']]);
  });

  it('leaves what is being read in its place, and counts what is forgotten until nobody reads it any more', async () => {
    const space = spaceOf(100 * KB);
    const body = await bodyOf(space, Buffer.alloc(100 * KB));
    const forget = vi.fn(() => body.release());
    space.keep(body, forget);
    body.retain();
    expect([space.reserve(1), forget.mock.calls.length]).toEqual([false, 0]);
    forget();
    expect(space.bytes).toBe(100 * KB);
    body.release();
    expect([space.bytes, space.reserve(1)]).toEqual([0, true]);
  });

  it('keeps nothing of a body that is shorter than announced, or was broken off', async () => {
    const space = spaceOf(100 * KB);
    expect(await captured(space, Buffer.alloc(KB), 2 * KB)).toBe('cut');
    space.reserve(50 * KB);
    const capture = new DiskCapture(space, 50 * KB, () => undefined);
    capture.write(Buffer.alloc(KB));
    capture.destroy();
    await once(capture, 'close');
    await expect.poll(() => [space.bytes, readdirSync(space.directory)]).toEqual([0, []]);
  });

  it('sweeps what a crash has left, and no file of anybody else', async () => {
    const directory = join(temporaryDirectory(), 'cache');
    mkdirSync(directory);
    const [left, fresh, strange] = ['tollgate-cache-a1-b2', 'tollgate-cache-a1-b3', 'notes.txt'] as const;
    for (const name of [left, fresh, strange]) writeFileSync(join(directory, name), 'x');
    for (const name of [left, strange]) utimesSync(join(directory, name), 0, 0);
    await bodyOf(spaceOf(100 * KB, directory), Buffer.alloc(KB));
    expect(readdirSync(directory).toSorted()).toEqual(['notes.txt', fresh]);
  });

  it('lets the answer pass when the disk takes nothing, and rests for a while', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    const failed = vi.fn();
    const space = new DiskSpace(join(directory, 'file/cache'), 100 * KB, failed);
    expect(await captured(space, Buffer.alloc(10 * KB))).toBe('no-room');
    expect([space.bytes, space.reserve(1), failed.mock.calls.length > 0]).toEqual([0, false, true]);
  });
});

it('a body is read from its file no faster than it is taken', async () => {
  const space = spaceOf(8000 * KB);
  const body = await bodyOf(space, Buffer.alloc(4000 * KB, 7));
  const read = vi.spyOn(body, 'read');
  const given = new FileBody({ body, start: 0, length: body.length }, () => undefined);
  given.end();
  await expect.poll(() => given.readableLength).toBeGreaterThan(0);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(read.mock.calls.length).toBeLessThan(4);
  const bytes = await buffer(given);
  expect(bytes.equals(Buffer.alloc(4000 * KB, 7))).toBe(true);
  expect(space.files).toBe(0);
});
