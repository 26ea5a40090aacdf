// The body of an upstream's answer on its way to the client: where it ends, and in which framing the client gets it.
import { ChunkedScan, type BodySink } from './chunked.ts';
import type { ResponseHead } from './responseHead.ts';

/** Takes body bytes, framed for the client. */
export interface RelaySink {
  /** `bytes` are valid during the call only. */
  relay(bytes: Buffer, from: number, to: number): void;
  relayText(text: string): void;
}

export interface Relay {
  /** All of the body has come. */
  readonly done: boolean;
  readonly broken: boolean;
  /** Body bytes, without framing. */
  readonly dataBytes: number;
  /** What the head says of the framing: a line, or nothing. */
  readonly line: string;
  /** Returns where it stopped: bytes after a body that is done belong to no answer. */
  feed(bytes: Buffer, start: number, end: number): number;
  /** The upstream sends no more; true when that ends the body well. */
  end(): boolean;
}

const NOTHING = Buffer.alloc(0);
const CHUNKED_LINE = 'Transfer-Encoding: chunked\r\n';

export function relayOf(head: ResponseHead, sink: RelaySink): Relay {
  if (head.framing === 'chunked') return new ChunkedRelay(sink);
  if (head.framing === 'close') return new ClosedRelay(sink);
  return new SizedRelay(sink, head.framing === 'none' ? 0 : head.contentLength);
}

/** The same without any framing: data by `relay`, trailers by `relayText`. */
export function dataRelayOf(head: ResponseHead, sink: RelaySink): Relay {
  if (head.framing === 'chunked') return new ChunkedRelay(sink, true);
  if (head.framing === 'close') return new ClosedRelay({ relay: sink.relay.bind(sink), relayText: drop });
  return relayOf(head, sink);
}

const drop = (): void => undefined;

class SizedRelay implements Relay {
  readonly line = '';
  readonly broken = false;
  dataBytes = 0;
  readonly #sink: RelaySink;
  readonly #length: number;

  constructor(sink: RelaySink, length: number) {
    this.#sink = sink;
    this.#length = length;
  }

  get done(): boolean {
    return this.dataBytes === this.#length;
  }

  feed(bytes: Buffer, start: number, end: number): number {
    const stop = Math.min(end, start + this.#length - this.dataBytes);
    this.dataBytes += stop - start;
    if (stop > start) this.#sink.relay(bytes, start, stop);
    return stop;
  }

  end(): boolean {
    return this.done;
  }
}

class ChunkedRelay implements Relay, BodySink {
  readonly line = CHUNKED_LINE;
  readonly #sink: RelaySink;
  readonly #scan: ChunkedScan;
  #bytes: Buffer = NOTHING;

  constructor(sink: RelaySink, dataOnly = false) {
    this.#sink = sink;
    this.#scan = new ChunkedScan(dataOnly);
  }

  get done(): boolean {
    return this.#scan.done;
  }

  get broken(): boolean {
    return this.#scan.broken;
  }

  get dataBytes(): number {
    return this.#scan.dataBytes;
  }

  feed(bytes: Buffer, start: number, end: number): number {
    this.#bytes = bytes;
    return this.#scan.feed(bytes, start, end, this);
  }

  range(from: number, to: number): void {
    this.#sink.relay(this.#bytes, from, to);
  }

  text(text: string): void {
    this.#sink.relayText(text);
  }

  end(): boolean {
    return this.done;
  }
}

/** Delimited by close on the upstream's side; chunked on the client's, whose connection lives on. */
class ClosedRelay implements Relay {
  readonly line = CHUNKED_LINE;
  readonly broken = false;
  done = false;
  dataBytes = 0;
  readonly #sink: RelaySink;

  constructor(sink: RelaySink) {
    this.#sink = sink;
  }

  feed(bytes: Buffer, start: number, end: number): number {
    if (end === start) return end;
    this.dataBytes += end - start;
    this.#sink.relayText(`${(end - start).toString(16)}\r\n`);
    this.#sink.relay(bytes, start, end);
    this.#sink.relayText('\r\n');
    return end;
  }

  end(): boolean {
    this.done = true;
    this.#sink.relayText('0\r\n\r\n');
    return true;
  }
}
