// The part of an open file that one client gets, piece by piece as it takes them.
import type { FileHandle } from 'node:fs/promises';

const PIECE_BYTES = 64 * 1024;

export class OpenFile {
  readonly #handle: FileHandle;
  #at: number;
  #left: number;

  /** In bytes. */
  constructor(handle: FileHandle, start: number, length: number) {
    this.#handle = handle;
    this.#at = start;
    this.#left = length;
  }

  /** All of the part has been given. */
  get done(): boolean {
    return this.#left <= 0;
  }

  /** The next piece; `undefined`: the file has become shorter, and cannot be sent whole. Rejects when it cannot be read. */
  async next(): Promise<Buffer | undefined> {
    const room = Buffer.allocUnsafe(Math.min(PIECE_BYTES, this.#left));
    const { bytesRead } = await this.#handle.read(room, 0, room.length, this.#at);
    if (bytesRead === 0) return undefined;
    this.#at += bytesRead;
    this.#left -= bytesRead;
    return room.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
