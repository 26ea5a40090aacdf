// Closing a connection whose client takes nothing. A plain close leaves what was written to the kernel, which keeps it,
// megabytes a connection (tcp_wmem), for as long as the client says that it lives: 200 slow readers held 320 MB so, after
// they had been closed. A reset frees it at once.
import type { Socket } from 'node:net';
import { socketBelow } from './listen/socketBelow.ts';

/** Also of TLS. A unix socket knows no reset: it is closed. */
export function reset(socket: Socket): void {
  const carrier = socketBelow(socket) ?? socket;
  // Without an address it is a unix socket, for which Node throws, or gone already.
  if (carrier.remoteAddress !== undefined) carrier.resetAndDestroy();
  socket.destroy();
}
