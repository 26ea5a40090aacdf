// The body of a kept answer in a file that has no name any more: whoever holds the descriptor holds the bytes, and a crash
// leaves nothing behind. Closed when the last of its users lets go.
import { close, read } from 'node:fs';
import { promisify } from 'node:util';

const readAt = promisify(read);

export class DiskBody {
  readonly length: number;
  readonly #descriptor: number;
  readonly #closed: () => void;
  #users = 1;

  /** The maker is the first user. `closed` is called when the file is. */
  constructor(descriptor: number, length: number, closed: () => void) {
    this.#descriptor = descriptor;
    this.length = length;
    this.#closed = closed;
  }

  /** By somebody beside the store that keeps it. */
  get isRead(): boolean {
    return this.#users > 1;
  }

  /** One more user; false: the file is closed. */
  retain(): boolean {
    if (this.#users === 0) return false;
    this.#users += 1;
    return true;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    close(this.#descriptor, () => undefined);
    this.#closed();
  }

  /** Rejects when the disk does, and when there are not as many bytes. */
  async read(position: number, bytes: number): Promise<Buffer> {
    // Were it closed meanwhile, the descriptor could be another file's.
    if (!this.retain()) throw new Error('the file of a kept answer is closed');
    try {
      return await this.#read(position, bytes);
    } finally {
      this.release();
    }
  }

  async #read(position: number, bytes: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(bytes);
    for (let done = 0; done < bytes;) {
      const { bytesRead } = await readAt(this.#descriptor, buffer, done, bytes - done, position + done);
      if (bytesRead === 0) throw new Error(`the file of a kept answer ended after ${position + done} bytes`);
      done += bytesRead;
    }
    return buffer;
  }
}
