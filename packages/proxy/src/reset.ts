// Closing a connection whose client takes nothing. A plain close leaves what was written to the kernel, which keeps it,
// megabytes a connection (tcp_wmem), for as long as the client says that it lives: 200 slow readers held 320 MB so, after
// they had been closed. A reset frees it at once.
import { Socket } from 'node:net';

/** Also of TLS, whose connection Node keeps without naming it in its types. A unix socket knows no reset: it is closed. */
export function reset(socket: Socket): void {
  const below: unknown = Reflect.get(socket, '_parent');
  const carrier = below instanceof Socket ? below : socket;
  // Without an address it is a unix socket, for which Node throws, or gone already.
  if (carrier.remoteAddress !== undefined) carrier.resetAndDestroy();
  socket.destroy();
}
