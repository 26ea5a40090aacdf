// The connection that a TLS socket is on. Node keeps it without naming it in its types.
import { Socket } from 'node:net';

/** `undefined` for a plain socket, and where Node should name it otherwise. */
export function socketBelow(socket: Socket): Socket | undefined {
  const below: unknown = Reflect.get(socket, '_parent');
  return below instanceof Socket ? below : undefined;
}
