// One response after the other from the pieces a socket delivers; bodies are counted, not kept.
import { ChunkedReader } from './chunked.ts';
import { readHead, type Framing } from './response-head.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
/** Twice what servers allow themselves (nginx: 8 KiB of fields, four times). */
const MAX_HEAD_BYTES = 65_536;

/** `more`: not yet whole; `surplus`: whole, with bytes behind it that no request asked for. */
export type ReadState = 'more' | 'done' | 'surplus' | 'bad-head' | 'bad-body';

export class ResponseReader {
  status = 0;
  bodyBytes = 0;
  keepAlive = true;
  #framing: Framing | 'head' = 'head';
  #remaining = 0;
  #heldHead: Buffer | null = null;
  readonly #chunked = new ChunkedReader();

  reset(): void {
    this.status = 0;
    this.bodyBytes = 0;
    this.#framing = 'head';
    this.#heldHead = null;
  }

  /** `bytes[0, length)` is what has just arrived; the buffer may be reused as soon as this returns. */
  feed(bytes: Buffer, length: number): ReadState {
    if (this.#framing !== 'head') return this.#body(bytes, 0, length);
    const held = this.#heldHead;
    if (held === null) return this.#head(bytes, length);
    const joined = Buffer.concat([held, bytes.subarray(0, length)]);
    this.#heldHead = null;
    return this.#head(joined, joined.length);
  }

  /** The server closed: whole only when closing was how the body ended. */
  get wholeAtEnd(): boolean {
    return this.#framing === 'until-close';
  }

  #head(bytes: Buffer, length: number): ReadState {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0 || end + HEAD_END.length > length) return this.#holdHead(bytes, length);
    const head = readHead(bytes, end);
    if (head === null) return 'bad-head';
    const bodyAt = end + HEAD_END.length;
    // An interim answer (100, 103) comes before the answer itself.
    if (head.status < 200) {
      const rest = Buffer.from(bytes.subarray(bodyAt, length));
      return rest.length === 0 ? 'more' : this.#head(rest, rest.length);
    }
    this.status = head.status;
    this.keepAlive = head.keepAlive && head.framing !== 'until-close';
    this.#framing = head.framing;
    this.#remaining = head.contentLength;
    if (head.framing === 'chunked') this.#chunked.reset();
    return this.#body(bytes, bodyAt, length);
  }

  #holdHead(bytes: Buffer, length: number): ReadState {
    if (length > MAX_HEAD_BYTES) return 'bad-head';
    this.#heldHead = Buffer.from(bytes.subarray(0, length));
    return 'more';
  }

  #body(bytes: Buffer, from: number, to: number): ReadState {
    switch (this.#framing) {
      case 'length':
        return this.#fixedBody(to - from);
      case 'chunked':
        return this.#chunkedBody(bytes, from, to);
      case 'until-close':
        this.bodyBytes += to - from;
        return 'more';
      case 'none':
      case 'head':
      default:
        return from === to ? 'done' : 'surplus';
    }
  }

  #fixedBody(arrived: number): ReadState {
    this.bodyBytes += Math.min(arrived, this.#remaining);
    this.#remaining -= arrived;
    if (this.#remaining > 0) return 'more';
    return this.#remaining === 0 ? 'done' : 'surplus';
  }

  #chunkedBody(bytes: Buffer, from: number, to: number): ReadState {
    const used = this.#chunked.feed(bytes, from, to);
    this.bodyBytes = this.#chunked.bodyBytes;
    if (this.#chunked.state === 'broken') return 'bad-body';
    if (this.#chunked.state === 'more') return 'more';
    return used === to ? 'done' : 'surplus';
  }
}
