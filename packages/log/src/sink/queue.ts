// The lines that wait, gathered into batches, and how far the first batch has been written. Pure bookkeeping, no clock, no sink.

interface Batch {
  text: string;
  lines: number;
}

const LINE_FEED = 0x0a;

export class WriteQueue {
  readonly #batchBytes: number;
  readonly #batches: Batch[] = [];
  #bytes = 0;
  #head: Buffer | undefined;
  #headLines = 0;
  /** The head begins in the middle of a line. */
  #torn = false;

  constructor(batchBytes: number) {
    this.#batchBytes = batchBytes;
  }

  /** Unwritten UTF-16 units; the lines of the request log are ASCII, so there they are bytes. */
  get bytes(): number {
    return this.#bytes + (this.#head?.length ?? 0);
  }

  push(line: string): void {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.text.length < this.#batchBytes) {
      // A rope: appending copies nothing; the text is laid out once, when it is written.
      last.text += line;
      last.lines += 1;
    } else {
      this.#batches.push({ text: line, lines: 1 });
    }
    this.#bytes += line.length;
  }

  /** The bytes to write next; the same ones, less what was taken, until they are all gone. */
  head(): Buffer | undefined {
    if (this.#head !== undefined) return this.#head;
    const batch = this.#batches.shift();
    if (batch === undefined) return undefined;
    this.#bytes -= batch.text.length;
    this.#headLines = batch.lines;
    this.#head = Buffer.from(batch.text, 'utf8');
    return this.#head;
  }

  /** Marks bytes of the head as written; returns how many lines ended in them. */
  take(bytes: number): number {
    if (this.#head === undefined) return 0;
    const rest = this.#head.subarray(bytes);
    const linesLeft = rest.length === 0 ? 0 : countLines(rest);
    const ended = this.#headLines - linesLeft;
    if (bytes > 0) this.#torn = this.#head[bytes - 1] !== LINE_FEED;
    this.#head = rest.length === 0 ? undefined : rest;
    this.#headLines = linesLeft;
    return ended;
  }

  /** Gives up the rest of a line that was written in part; returns how many lines that lost (0 or 1). */
  skipTornLine(): number {
    if (!this.#torn || this.#head === undefined) return 0;
    return this.take(this.#head.indexOf(LINE_FEED) + 1);
  }

  /** Forgets everything; returns how many lines that lost. */
  clear(): number {
    const lost = this.#headLines + this.#batches.reduce((sum, batch) => sum + batch.lines, 0);
    this.#batches.length = 0;
    this.#bytes = 0;
    this.#head = undefined;
    this.#headLines = 0;
    return lost;
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}
