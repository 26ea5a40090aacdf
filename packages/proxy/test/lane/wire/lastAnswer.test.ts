// The last answer of a connection, to a client that reads it slowly.
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../support/front.ts';
import { lanePair } from './memory/lanes.ts';
import { MemorySocket } from './memory/socket.ts';

/** A kernel without room: it takes what is written when it is told to. */
class FullSocket extends MemorySocket {
  #taking: () => void = () => undefined;

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.#taking = () => super._write(chunk, encoding, done);
  }

  makeRoom(): void {
    this.#taking();
  }
}

it('waits in the front for room in the kernel, longer than a client may take to close', async () => {
  const { wire } = await lanePair(false, temporaryDirectory());
  const socket = new FullSocket();
  onTestFinished(() => void socket.destroy());
  wire.accept(socket);
  socket.feed('GET /memory HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
  await wait(2500);
  expect(socket.destroyed).toBe(false);
  socket.makeRoom();
  await expect.poll(() => socket.destroyed).toBe(true);
  expect(socket.output).toMatch(/^HTTP\/1\.1 200 OK[^]*from memory\n$/);
});
