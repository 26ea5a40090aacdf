// HTTP/2 frames by hand, for what no library would send (RFC 9113 4.1, RFC 7541).
import { once } from 'node:events';
import { rawConnectTls, type RawClient } from './raw.ts';

export const TYPE = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  window: 8,
  continuation: 9,
} as const;
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
const INITIAL_WINDOW_SIZE = 4;
const LARGEST = 0x7fffffff;
/** Of a connection, before any WINDOW_UPDATE (RFC 9113 6.9.2). */
const FIRST_WINDOW = 65_535;

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const SETTINGS = frame(TYPE.settings, 0, 0);
export const PING = frame(TYPE.ping, 0, 0, Buffer.alloc(8));

function number(value: number) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The window that each stream begins with. */
export const windowOf = (bytes: number): Buffer =>
  frame(TYPE.settings, 0, 0, Buffer.concat([Buffer.of(0, INITIAL_WINDOW_SIZE), number(bytes)]));

export const windowUpdate = (stream: number, bytes: number): Buffer =>
  frame(TYPE.window, 0, stream, number(bytes));

/** As much as the protocol lets a client promise to take, on every stream and on all together. */
export const EVERY_WINDOW_OPEN = Buffer.concat([windowOf(LARGEST), windowUpdate(0, LARGEST - FIRST_WINDOW)]);

/** Of up to 126 bytes each. */
export const field = (name: string, value: string) =>
  Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);

/** `GET` by https (both of the static table) of a path. */
export const requestBlock = (path: string): Buffer =>
  Buffer.concat([Buffer.of(0x82, 0x87), field(':path', path), field(':authority', 'localhost')]);

export const get = (stream: number, path: string): Buffer =>
  frame(TYPE.headers, END_STREAM | END_HEADERS, stream, requestBlock(path));

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** A connection on which nothing has been sent but the preface; ended with the test. */
export async function openFrames(port: number): Promise<RawClient> {
  const client = rawConnectTls(port, { ALPNProtocols: ['h2'] });
  await once(client.socket, 'secureConnect');
  client.write(PREFACE);
  return client;
}

/** One field in the table, and as many references to it as a frame holds: 12 KB that stand for 2 MB (RFC 7541 6.1, 6.2.1). */
export function hpackBomb(stream: number): Buffer {
  const indexed = Buffer.concat([Buffer.of(0x40), field('x', 'y'.repeat(120)).subarray(1)]);
  const block = Buffer.concat([requestBlock('/'), indexed, Buffer.alloc(12_000, 0x80 | 62)]);
  return frame(TYPE.headers, END_STREAM | END_HEADERS, stream, block);
}
