// Waits for the PROXY header of a connection before anything else is read from it: bounded in bytes and in time.
import type { Socket } from 'node:net';
import { reset } from '../../reset.ts';
import type { ProxyEnds } from '../../upstream/proxyHeader.ts';
import { readProxyHeader } from './header.ts';

export interface ProxyReceiver {
  /** `rest`: what of the client came with the header. */
  received(ends: ProxyEnds | undefined, rest: Buffer): void;
  /** No header in time, or none at all: the socket is closed already. */
  refused(): void;
}

/** The socket has just been accepted. It is paused when it is handed back. */
export function receiveProxyHeader(socket: Socket, withinMs: number, receiver: ProxyReceiver): void {
  let bytes: Buffer = Buffer.alloc(0);
  const leave = (): void => {
    clearTimeout(late);
    socket.off('data', read).off('close', leave).off('end', refuse);
  };
  const refuse = (): void => {
    leave();
    reset(socket);
    receiver.refused();
  };
  const read = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const header = readProxyHeader(bytes);
    if (header === 'incomplete') return;
    if (header === 'malformed') {
      refuse();
      return;
    }
    socket.pause();
    leave();
    receiver.received(header.ends, bytes.subarray(header.byteLength));
  };
  const late = setTimeout(refuse, withinMs);
  socket.on('data', read).once('close', leave).once('end', refuse);
}
