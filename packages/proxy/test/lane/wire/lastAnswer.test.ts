// The last answer of a connection, to a client that reads it slowly.
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../support/front.ts';
import { lanePair, type Subject } from './memory/lanes.ts';
import { MemorySocket } from './memory/socket.ts';

function fullSocket(): MemorySocket {
  const socket = new MemorySocket();
  socket.full = true;
  onTestFinished(() => void socket.destroy());
  return socket;
}

it('waits in the front for room in the kernel, longer than a client may take to close', async () => {
  const { wire } = await lanePair(false, temporaryDirectory());
  const socket = fullSocket();
  wire.accept(socket);
  socket.feed('GET /memory HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
  await wait(2500);
  expect(socket.destroyed).toBe(false);
  socket.makeRoom();
  await expect.poll(() => socket.destroyed).toBe(true);
  expect(socket.output).toMatch(/^HTTP\/1\.1 200 OK[^]*from memory\n$/);
});

describe('what waits in the front for a client that has its answer', () => {
  const GET = 'GET /memory HTTP/1.1\r\nHost: a.test\r\n\r\n';

  it.each([
    ['at a drain', (wire: Subject) => wire.drain()],
    ['when the client ends its side', (_wire: Subject, socket: MemorySocket) => socket.push(null)],
  ])('is not lost %s', async (_when, happens) => {
    const { wire } = await lanePair(false, temporaryDirectory());
    const socket = fullSocket();
    wire.accept(socket);
    socket.feed(GET);
    await expect.poll(() => socket.writableLength).toBeGreaterThan(0);
    happens(wire, socket);
    await wait(50);
    expect(socket.destroyed).toBe(false);
    socket.makeRoom();
    await expect.poll(() => socket.destroyed).toBe(true);
    expect(socket.output).toMatch(/^HTTP\/1\.1 200 OK[^]*from memory\n$/);
  });
});
