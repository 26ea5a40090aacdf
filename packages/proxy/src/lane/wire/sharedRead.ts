// Reads of client sockets into one buffer for all of them: no allocation a read, and none held by an idle connection.
// Node offers this (`onread`) only to sockets one constructs; a server's sockets are given the same three parts here.
// Should a later Node name them otherwise, 'data' events do the same for more memory and CPU (decisions/0501).
import { Socket } from 'node:net';

/** Valid during the call only. */
export type OnBytes = (bytes: Buffer, length: number) => void;

const READ_BYTES = 64 * 1024;
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

const parts = findParts();

/** Whether this Node has what the shared buffer needs. */
export const sharesReads = parts !== undefined;

/** Gives the socket its own readable side back, for another owner. */
export type GiveBack = () => void;

/** From now on `onBytes` gets what the socket reads. What it has read before is the caller's to take. */
export function readShared(socket: Socket, onBytes: OnBytes): GiveBack {
  const giveBack = attach(socket, onBytes) ?? listen(socket, onBytes);
  socket.resume();
  return giveBack;
}

function listen(socket: Socket, onBytes: OnBytes): GiveBack {
  const listener = (bytes: Buffer): void => onBytes(bytes, bytes.length);
  socket.on('data', listener);
  return () => socket.off('data', listener);
}

function attach(socket: Socket, onBytes: OnBytes): GiveBack | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (parts === undefined || typeof handle !== 'object' || handle === null) return undefined;
  const useUserBuffer: unknown = Reflect.get(handle, 'useUserBuffer');
  if (typeof useUserBuffer !== 'function') return undefined;
  const { buffer, callback } = parts;
  Reflect.set(socket, buffer, readBuffer);
  Reflect.set(socket, callback, (length: number): true => {
    onBytes(readBuffer, length);
    return true;
  });
  Reflect.apply(useUserBuffer, handle, [readBuffer]);
  return () =>
    Reflect.set(socket, callback, (length: number) =>
      socket.push(Buffer.from(readBuffer.subarray(0, length))),
    );
}

/** The two symbols under which a socket made with `onread` keeps its buffer and its callback. */
function findParts(): { readonly buffer: symbol; readonly callback: symbol } | undefined {
  const made = new Socket({ onread: { buffer: readBuffer, callback: () => true } });
  const symbols = Object.getOwnPropertySymbols(made);
  made.destroy();
  const buffer = symbols.find((symbol) => symbol.description === 'kBuffer');
  const callback = symbols.find((symbol) => symbol.description === 'kBufferCb');
  return buffer === undefined || callback === undefined ? undefined : { buffer, callback };
}
