// Lingering close: after an answer that ends the connection, what the client still sends is read and dropped for a
// while. Without it the kernel answers those bytes with a reset, and the reset destroys the answer on its way
// (RFC 9112 section 9.6).
import type { Socket } from 'node:net';

const LINGER_MS = 2000;
const LINGER_BYTES = 4 * 1024 * 1024;

/** Node ends a connection by `destroySoon`; this one connection ends in its own way instead. */
export function lingerOnClose(socket: Socket): void {
  socket.destroySoon = linger;
}

function linger(this: Socket): void {
  if (this.destroyed) return;
  const limit = this.bytesRead + LINGER_BYTES;
  const deadline = setTimeout(() => this.destroy(), LINGER_MS);
  this.once('close', () => clearTimeout(deadline));
  this.once('end', () => this.destroy());
  // Node's parser goes on to read and drop the body; this only bounds it.
  this.on('data', () => {
    if (this.bytesRead > limit) this.destroy();
  });
  this.end();
  this.resume();
}
