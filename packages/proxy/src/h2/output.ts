// What a connection writes: the frames of all its streams in one buffer, which leaves once a turn of the event loop. Ten
// answers are one write, one TLS record and one system call.
import type { Socket } from 'node:net';
import { FRAME_HEAD_BYTES, writeFrameHead } from './frames.ts';

/** A frame of the largest size and a little more. */
const SEGMENT_BYTES = 20 * 1024;
/** Kept for the next turn, of all connections together. */
const MOST_SPARE = 128;
/** Of one connection: bodies wait beyond it, until its client has taken some. */
const BACKLOG_BYTES = 128 * 1024;
/** What may come on top of it is small (heads, acknowledgements), and asked for by the client: it is not heard beyond this. */
const DEAF_BYTES = 512 * 1024;

const spare: Buffer[] = [];
const takeSegment = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(SEGMENT_BYTES);

function giveSegment(segment: Buffer): void {
  if (spare.length < MOST_SPARE) spare.push(segment);
}

/** One for all connections: each that has something to write in this turn is asked to when the turn ends. */
export class Turn {
  #waiting: Output[] = [];
  readonly #end = (): void => {
    const outputs = this.#waiting;
    this.#waiting = [];
    for (const output of outputs) output.turnOver();
  };

  add(output: Output): void {
    if (this.#waiting.push(output) === 1) setImmediate(this.#end);
  }
}

interface Written {
  readonly segment: Buffer;
  readonly bytes: number;
}

export class Output {
  readonly #socket: Socket;
  readonly #turn: Turn;
  /** Some of what was written has been taken. */
  readonly #onTaken: () => void;
  /** Segments that are full, in their order. */
  #full: Written[] = [];
  #segment: Buffer | undefined = undefined;
  #used = 0;
  #unflushedBytes = 0;
  /** For the end of the turn. */
  #waits = false;
  /** For the kernel to take what was written before. */
  #held = false;

  constructor(socket: Socket, turn: Turn, onTaken: () => void) {
    this.#socket = socket;
    this.#turn = turn;
    this.#onTaken = onTaken;
  }

  /** Bytes of bodies that may be written now. */
  get room(): number {
    return BACKLOG_BYTES - this.backlog;
  }

  get overfull(): boolean {
    return this.backlog > DEAF_BYTES;
  }

  /** Bytes that the kernel has not taken. */
  get backlog(): number {
    return this.#unflushedBytes + this.#socket.writableLength;
  }

  /** The head of a frame, and room for its payload, which has to follow at once. */
  frame(length: number, type: number, flags: number, id: number): void {
    const segment = this.#roomFor(FRAME_HEAD_BYTES + length);
    writeFrameHead(segment, this.#used, length, type, flags, id);
    this.#used += FRAME_HEAD_BYTES;
    this.#unflushedBytes += FRAME_HEAD_BYTES + length;
  }

  /** A part of the payload. */
  bytes(bytes: Buffer, from: number, to: number): void {
    if (this.#segment === undefined) return;
    bytes.copy(this.#segment, this.#used, from, to);
    this.#used += to - from;
  }

  uint32(value: number): void {
    const segment = this.#segment;
    if (segment !== undefined) this.#used = segment.writeUInt32BE(value, this.#used);
  }

  uint16(value: number): void {
    const segment = this.#segment;
    if (segment !== undefined) this.#used = segment.writeUInt16BE(value, this.#used);
  }

  #roomFor(bytes: number): Buffer {
    if (this.#segment !== undefined && this.#used + bytes > SEGMENT_BYTES) this.#fill(this.#segment);
    if (this.#segment === undefined) {
      this.#segment = takeSegment();
      this.#used = 0;
      if (!this.#waits && !this.#held) this.#turn.add(this);
      this.#waits = !this.#held;
    }
    return this.#segment;
  }

  #fill(segment: Buffer): void {
    this.#full.push({ segment, bytes: this.#used });
    this.#segment = undefined;
  }

  /**
   * What a client does not take is gathered on in one place: a write a turn would hold a segment for each PING of a client
   * that reads nothing, a thousand times what it says.
   */
  turnOver(): void {
    this.#waits = false;
    if (this.#socket.writableLength > 0) this.#held = true;
    else this.flush();
  }

  /** Everything, now. */
  flush(): void {
    this.#held = false;
    if (this.#segment === undefined) return;
    this.#fill(this.#segment);
    const full = this.#full;
    this.#full = [];
    this.#unflushedBytes = 0;
    if (full.length > 1) this.#socket.cork();
    for (const written of full) this.#write(written);
    if (full.length > 1) this.#socket.uncork();
  }

  #write({ segment, bytes }: Written): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(segment.subarray(0, bytes), (error) => {
      if (error !== undefined && error !== null) return;
      giveSegment(segment);
      if (this.#held && this.#socket.writableLength === 0) this.flush();
      this.#onTaken();
    });
  }
}
