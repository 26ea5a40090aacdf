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

/** From now on `onBytes` gets what the socket reads. The socket flows until it is paused. */
export function readShared(socket: Socket, onBytes: OnBytes): void {
  const early: unknown = socket.read();
  if (!attach(socket, onBytes)) socket.on('data', (bytes: Buffer) => onBytes(bytes, bytes.length));
  socket.resume();
  if (early instanceof Buffer) onBytes(early, early.length);
}

/** Gives the socket back its own readable side, for another owner. */
export function readApart(socket: Socket): void {
  if (parts === undefined) socket.removeAllListeners('data');
  else
    Reflect.set(socket, parts.callback, (length: number, bytes: Buffer) =>
      socket.push(Buffer.from(bytes.subarray(0, length))),
    );
}

function attach(socket: Socket, onBytes: OnBytes): boolean {
  if (parts === undefined) return false;
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return false;
  const useUserBuffer: unknown = Reflect.get(handle, 'useUserBuffer');
  if (typeof useUserBuffer !== 'function') return false;
  Reflect.set(socket, parts.buffer, readBuffer);
  Reflect.set(socket, parts.callback, (length: number): true => {
    onBytes(readBuffer, length);
    return true;
  });
  Reflect.apply(useUserBuffer, handle, [readBuffer]);
  return true;
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
