// What a piece of a body, in any form that Node's `write` takes, comes to on the wire.

/** Bytes. Strings are measured as what is sent, without making the bytes. */
export function byteLength(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, isEncoding(encoding) ? encoding : 'utf8');
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

function isEncoding(value: unknown): value is BufferEncoding {
  return typeof value === 'string';
}
