// How far what was written to a socket has come.
import type { Socket } from 'node:net';

/**
 * Bytes that the kernel has taken, and those that it has not: of the handle, for a socket counts what it has handed to
 * libuv as written. A Node without these two numbers would show everybody as reading.
 */
export function progressOf(socket: Socket): { readonly taken: number; readonly queued: number } {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return { taken: 0, queued: 0 };
  const written: unknown = Reflect.get(handle, 'bytesWritten');
  const queued: unknown = Reflect.get(handle, 'writeQueueSize');
  if (typeof written !== 'number' || typeof queued !== 'number') return { taken: 0, queued: 0 };
  return { taken: written - queued, queued };
}
