import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FLAG, FRAME, FRAME_BYTES, FRAME_HEAD_BYTES } from '../../src/h2/frames.ts';
import { Output, Turn } from '../../src/h2/output.ts';

/** Both ends of a connection on loopback. */
async function connected(): Promise<{ readonly ours: Socket; readonly theirs: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const theirs = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
  const [ours]: Socket[] = await once(server, 'connection');
  if (ours === undefined) throw new Error('expected a connection');
  onTestFinished(() => {
    theirs.destroy();
    ours.destroy();
    server.close();
  });
  return { ours, theirs };
}

const turnsOf = async (count: number, each: () => void): Promise<void> => {
  for (let turn = 0; turn < count; turn++) {
    each();
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** Of bodies: more than the kernel takes of a connection that nobody reads. */
const BODY_FRAMES = 1024;
const PONG = Buffer.from('tollgate');

describe('what a connection writes', () => {
  it('holds no segment for each answer to a client that takes nothing', async () => {
    const { ours, theirs } = await connected();
    theirs.pause();
    const held = new Set<ArrayBufferLike>();
    const write = ours.write.bind(ours);
    ours.write = (chunk: Buffer, ...rest: []) => {
      held.add(chunk.buffer);
      return write(chunk, ...rest);
    };
    ours.write(Buffer.alloc(BODY_FRAMES * FRAME_BYTES));
    const output = new Output(ours, new Turn(), () => undefined);
    held.clear();
    await turnsOf(2000, () => {
      output.frame(PONG.length, FRAME.ping, FLAG.ack, 0);
      output.bytes(PONG, 0, PONG.length);
    });
    expect(held.size).toBeLessThanOrEqual(1);
    expect(output.backlog).toBeGreaterThanOrEqual(2000 * 17);
  });

  it('goes on, in its order, when the client takes it after all', async () => {
    const { ours, theirs } = await connected();
    theirs.pause();
    let taken = 0;
    const output = new Output(ours, new Turn(), () => (taken += 1));
    const body = Buffer.alloc(FRAME_BYTES);
    for (let frame = 0; frame < BODY_FRAMES; frame++) {
      output.frame(body.length, FRAME.data, 0, 1);
      output.bytes(body, 0, body.length);
    }
    let next = 0;
    await turnsOf(50, () => {
      output.frame(4, FRAME.windowUpdate, 0, 0);
      output.uint32(next++);
    });
    const read: Buffer[] = [];
    theirs.on('data', (bytes: Buffer) => read.push(bytes)).resume();
    await expect.poll(() => output.backlog).toBe(0);
    ours.end();
    await once(theirs, 'end');
    const frames = Buffer.concat(read).subarray(BODY_FRAMES * (FRAME_HEAD_BYTES + FRAME_BYTES));
    expect(frames.length).toBe(50 * 13);
    for (let at = 0; at < 50; at++) expect(frames.readUInt32BE(at * 13 + 9)).toBe(at);
    expect(taken).toBeGreaterThan(0);
  });
});
