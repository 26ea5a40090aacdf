// A body is copied as it passes, within bounds.
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { expect, describe, it } from 'vitest';
import { beginCapture, type Capture } from '../../src/cache/capture.ts';
import { MemoryStore } from '../../src/cache/memory.ts';

const KB = 1024;

interface Begun {
  readonly store: MemoryStore;
  readonly capture: Capture;
  readonly told: (Buffer | string)[];
}

function begin(options: { limit?: number; most?: number; length?: number } = {}): Begun {
  const store = new MemoryStore(options.limit ?? 1024 * KB);
  const told: (Buffer | string)[] = [];
  const capture = beginCapture({
    store,
    mostBytes: options.most ?? 100 * KB,
    length: options.length,
    done: (body) => void told.push(body),
  });
  if (capture === undefined) throw new Error('expected room for it');
  capture.on('error', () => undefined);
  return { store, capture, told };
}

describe('a captured body', () => {
  it('reaches the client and the cache', async () => {
    const { store, capture, told } = begin();
    const reading = buffer(capture);
    for (let piece = 0; piece < 40; piece++) capture.write(Buffer.alloc(2 * KB, piece));
    capture.end();
    const read = await reading;
    expect(read.length).toBe(80 * KB);
    expect(told).toEqual([read]);
    if (!capture.closed) await once(capture, 'close');
    expect(store.bytes).toBe(0);
  });

  it('is whole in the cache although the client does not read', async () => {
    const { capture, told } = begin();
    for (let piece = 0; piece < 40; piece++) capture.write(Buffer.alloc(2 * KB));
    capture.end();
    await expect.poll(() => told.length).toBe(1);
    expect(told[0]?.length).toBe(80 * KB);
    expect(capture.readableLength).toBe(80 * KB);
  });

  it('is not kept when it is too large; then the client sets the pace', async () => {
    const { store, capture, told } = begin({ most: 32 * KB });
    for (let piece = 0; piece < 200; piece++) capture.write(Buffer.alloc(KB));
    expect(told).toEqual(['no-room']);
    expect(capture.writableNeedDrain).toBe(true);
    expect(capture.readableLength).toBeLessThan(150 * KB);
    expect(store.bytes).toBe(32 * KB);
    const reading = buffer(capture);
    capture.end();
    expect((await reading).length).toBe(200 * KB);
    if (!capture.closed) await once(capture, 'close');
    expect(store.bytes).toBe(0);
  });

  it('is not kept when it is cut off', async () => {
    const { store, capture, told } = begin();
    capture.write(Buffer.alloc(KB));
    capture.destroy();
    await once(capture, 'close');
    expect(told).toEqual(['cut']);
    expect(store.bytes).toBe(0);
  });

  it('is not kept when it is shorter than announced', async () => {
    const { capture, told } = begin({ length: 2 * KB });
    capture.resume();
    capture.end(Buffer.alloc(KB));
    await once(capture, 'close');
    expect(told).toEqual(['cut']);
  });

  it('is only begun when there is room', () => {
    const store = new MemoryStore(10 * KB);
    const options = { store, mostBytes: 100 * KB, done: () => undefined };
    expect(beginCapture({ ...options, length: 11 * KB })).toBeUndefined();
    expect(beginCapture({ ...options, length: 101 * KB })).toBeUndefined();
    expect(store.bytes).toBe(0);
  });
});
