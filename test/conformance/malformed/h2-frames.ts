// HTTP/2 by hand: header blocks that no library would send, and just enough reading to tell what became of them.
import { connect, type TLSSocket } from 'node:tls';

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A status, a reset of the stream, or the end of the connection. */
export type Outcome = number | 'reset' | 'closed';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const GOAWAY = 7;
const CONTINUATION = 9;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
/** Default SETTINGS_MAX_FRAME_SIZE (RFC 9113 6.5.2). */
const MAX_FRAME = 16_384;

/** Preface, settings and one request on stream 1, a DATA frame for each piece of body; none: the headers end it. */
export function requestBytes(headers: HeaderList, body: readonly string[]): Buffer {
  const block = Buffer.concat(headers.map(([name, value]) => literal(name, value)));
  const pieces = Array.from({ length: Math.ceil(block.length / MAX_FRAME) }, (_, at) =>
    block.subarray(at * MAX_FRAME, (at + 1) * MAX_FRAME),
  );
  const frames = pieces.map((piece, at) => {
    const flags =
      (at === pieces.length - 1 ? END_HEADERS : 0) | (at === 0 && body.length === 0 ? END_STREAM : 0);
    return frame(at === 0 ? HEADERS : CONTINUATION, flags, 1, piece);
  });
  const data = body.map((piece, at) =>
    frame(DATA, at === body.length - 1 ? END_STREAM : 0, 1, Buffer.from(piece, 'latin1')),
  );
  return Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0), ...frames, ...data]);
}

/** Sends the bytes over TLS and resolves with what becomes of stream 1. */
export function outcomeOf(port: number, bytes: Buffer): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    let received = Buffer.alloc(0);
    const end = (outcome: Outcome): void => {
      resolve(outcome);
      socket.destroy();
    };
    socket.on('secureConnect', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      received = readFrames(received, socket, end);
    });
    // A connection that is torn down is a refusal too.
    socket.on('error', () => end('closed'));
    socket.on('close', () => end('closed'));
  });
}

function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** RFC 7541 6.2.2: without indexing, name and value as they are. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), text(name), text(value)]);
}

function text(given: string): Buffer {
  const bytes = Buffer.from(given, 'latin1');
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** RFC 7541 5.1, with a prefix of 7 bits. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let left = value - 127;
  for (; left >= 128; left >>= 7) bytes.push((left & 127) | 128);
  return Buffer.of(...bytes, left);
}

/** What is left when the last frame is not complete. */
function readFrames(
  received: Buffer<ArrayBuffer>,
  socket: TLSSocket,
  end: (outcome: Outcome) => void,
): Buffer<ArrayBuffer> {
  let rest = received;
  while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
    const length = rest.readUIntBE(0, 3);
    const [type, flags, stream] = [rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5)];
    const payload = rest.subarray(9, 9 + length);
    rest = rest.subarray(9 + length);
    if (type === SETTINGS && (flags & ACK) === 0) socket.write(frame(SETTINGS, ACK, 0));
    else if (type === GOAWAY) end('closed');
    else if (type === RST_STREAM && stream === 1) end('reset');
    else if (type === HEADERS && stream === 1) {
      const status = statusIn(payload);
      if (status >= 200) end(status);
    }
  }
  return rest;
}

/** Of the static table, entries 8 to 14 (RFC 7541 appendix A). */
const STATUSES = [200, 204, 206, 304, 400, 404, 500];

/** `:status` is the first field, and of a fresh connection: static, or a literal with the static name. */
function statusIn(block: Buffer): number {
  let at = 0;
  while (((block[at] ?? 0) & 0xe0) === 0x20) at++; // a change of the table's size
  const first = block[at] ?? 0;
  if ((first & 0x80) !== 0) return STATUSES[(first & 0x7f) - 8] ?? Number.NaN;
  const head = block[at + 1] ?? 0;
  const value = block.subarray(at + 2, at + 2 + (head & 0x7f));
  return Number((head & 0x80) === 0 ? value.toString('latin1') : huffmanDigits(value));
}

/** Digits only (RFC 7541 appendix B): 0 to 2 take five bits, 3 to 9 six. */
function huffmanDigits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let digits = '';
  for (let at = 0; digits.length < 3;) {
    const short = Number.parseInt(bits.slice(at, at + 5), 2);
    digits += short < 3 ? short : Number.parseInt(bits.slice(at, at + 6), 2) - 0x19 + 3;
    at += short < 3 ? 5 : 6;
  }
  return digits;
}
