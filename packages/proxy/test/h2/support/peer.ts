// A client of an HTTP/2 session without a kernel: it sends frames as bytes and reads what comes back as frames.
import { onTestFinished } from 'vitest';
import { FLAG, FRAME, PREFACE, writeFrameHead } from '../../../src/h2/frames.ts';
import { HpackEncoder, mostBlockBytes } from '../../../src/h2/hpack/encoder.ts';
import { Turn } from '../../../src/h2/output.ts';
import {
  H2Session,
  type SessionDrop,
  type SessionHost,
  type SessionLimits,
} from '../../../src/h2/session.ts';
import type { H2Stream, StreamUser } from '../../../src/h2/stream.ts';
import { Deadline, TimerWheel } from '../../../src/pool/wheel.ts';
import { MemorySocket } from '../../lane/wire/memory/socket.ts';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, id: number, payload: Buffer | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(9);
  writeFrameHead(head, 0, body.length, type, flags, id);
  return Buffer.concat([head, body]);
}

export const uint32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => bytes.writeUInt32BE(value, 4 * at));
  return bytes;
};

export const settings = (...entries: [id: number, value: number][]): Buffer =>
  frame(
    FRAME.settings,
    0,
    0,
    Buffer.concat(entries.map(([id, value]) => Buffer.concat([Buffer.from([0, id]), uint32(value)]))),
  );

/** Literal fields, which no table has a part in. */
export function block(fields: readonly string[]): Buffer {
  const bytes = Buffer.alloc(mostBlockBytes(fields));
  return bytes.subarray(0, new HpackEncoder(0).encode(0, fields, bytes));
}

export const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a', ':path', '/'];
export const POST = [':method', 'POST', ':scheme', 'https', ':authority', 'a', ':path', '/'];

export const head = (id: number, fields: readonly string[], flags: number = FLAG.endStream): Buffer =>
  frame(FRAME.headers, flags | FLAG.endHeaders, id, block(fields));

export const data = (id: number, bytes: Buffer | string, flags = 0): Buffer =>
  frame(FRAME.data, flags, id, bytes);

/** What became of a stream, in words. */
export interface Seen {
  readonly stream: H2Stream;
  body: string;
  trailers: readonly string[] | undefined;
  drains: number;
  closed: { readonly code: number; readonly byPeer: boolean } | undefined;
}

export class Peer implements SessionHost {
  readonly turn = new Turn();
  readonly wheel = new TimerWheel();
  readonly socket = new MemorySocket();
  readonly seen: Seen[] = [];
  readonly drops: SessionDrop[] = [];
  readonly session: H2Session;
  idles = 0;
  over = false;
  readonly #answer: (stream: H2Stream) => void;

  constructor(limits: Partial<SessionLimits> = {}, answer: (stream: H2Stream) => void = () => undefined) {
    this.#answer = answer;
    const most = { streams: 10, headerListBytes: 2000, headerCount: 20, resetsPer10s: 20 };
    this.session = new H2Session(this.socket, this, { ...most, ...limits });
    this.session.start();
    onTestFinished(() => this.session.destroy());
  }

  deadline(onDue: () => void): Deadline {
    return new Deadline(this.wheel, onDue);
  }

  begin(stream: H2Stream): void {
    const seen: Seen = { stream, body: '', trailers: undefined, drains: 0, closed: undefined };
    this.seen.push(seen);
    stream.user = userOf(seen);
    this.#answer(stream);
  }

  idle(): void {
    this.idles += 1;
  }

  dropped(what: SessionDrop): void {
    this.drops.push(what);
  }

  closed(): void {
    this.over = true;
  }

  /** Preface and settings, and then these. */
  greet(...frames: readonly Buffer[]): this {
    return this.send(PREFACE, settings(), ...frames);
  }

  send(...frames: readonly Buffer[]): this {
    const bytes = Buffer.concat(frames);
    this.session.read(bytes, bytes.length);
    return this;
  }

  /** All that has come by the end of this turn. */
  async frames(): Promise<Frame[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return framesOf(Buffer.from(this.socket.output, 'latin1'));
  }

  /** Without those that every connection begins with. */
  async answers(): Promise<Frame[]> {
    return (await this.frames()).slice(3);
  }

  /** The error of the GOAWAY that ended it. */
  async goaway(): Promise<number | undefined> {
    const found = (await this.frames()).findLast(({ type }) => type === FRAME.goaway);
    return found?.payload.readUInt32BE(4);
  }

  async resetOf(id: number): Promise<number | undefined> {
    const found = (await this.frames()).find((one) => one.type === FRAME.rstStream && one.id === id);
    return found?.payload.readUInt32BE(0);
  }

  async bodyOf(id: number): Promise<Buffer> {
    const frames = await this.frames();
    return Buffer.concat(
      frames.filter((one) => one.type === FRAME.data && one.id === id).map(({ payload }) => payload),
    );
  }
}

const userOf = (seen: Seen): StreamUser => ({
  failed: false,
  bodyBytes: (bytes, from, to) => void (seen.body += bytes.latin1Slice(from, to)),
  bodyEnd: (trailers) => void (seen.trailers = trailers),
  clientDrain: () => void (seen.drains += 1),
  streamClosed: (code, byPeer) => void (seen.closed = { code, byPeer }),
});

export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    frames.push({
      type: bytes[at + 3] ?? 0,
      flags: bytes[at + 4] ?? 0,
      id: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  return frames;
}
