// HTTP/2 answers under way, looked at once a second. Node's own time-outs of a stream are put off by any frame of its
// session: a client that sends PINGs, or gives a byte of window at a time, would hold its answers for ever (CVE-2019-9511,
// CVE-2019-9517). And a reset does not get through to a client that takes nothing at all.
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Config } from '@tollgate/core';

/** How often `look` is called. */
export const LOOK_EVERY_MS = 1000;

export interface Reader {
  readonly stream: ServerHttp2Stream;
  /** Body bytes that the stream has been given; `undefined`: whoever answers has a deadline of its own. */
  readonly given: number | undefined;
}

interface Stall {
  readonly taken: number;
  readonly ms: number;
}

export interface Verdicts {
  /** It takes less than the least rate. */
  tooSlow(stream: ServerHttp2Stream): void;
  /** Not even the end of the stream gets through. */
  dead(): void;
}

export class SlowReaders {
  #idleMs: number;
  #bytesPerSecond: number;
  #stalls = new WeakMap<ServerHttp2Stream, Stall>();

  constructor({ limits, timeouts }: Config) {
    this.#idleMs = timeouts.responseIdleMs;
    this.#bytesPerSecond = limits.bodyBytesPerSecond;
  }

  /** The readers of one connection. */
  look(readers: Iterable<Reader>, verdicts: Verdicts): void {
    for (const reader of readers) {
      if (isCut(reader.stream)) {
        if (this.#stalledMs(reader.stream, Number.POSITIVE_INFINITY) > this.#idleMs) verdicts.dead();
      } else if (this.#isTooSlow(reader)) verdicts.tooSlow(reader.stream);
    }
  }

  #isTooSlow({ stream, given }: Reader): boolean {
    const pending = stream.writableLength;
    if (given === undefined || pending === 0) {
      this.#stalls.delete(stream);
      return false;
    }
    // Node tells of a piece only when all of it has been taken: the larger, the longer that may last.
    const patienceMs = Math.max(this.#idleMs, (pending / this.#bytesPerSecond) * 1000);
    return this.#stalledMs(stream, given - pending) > patienceMs;
  }

  /** For how long no more than `taken` has been. */
  #stalledMs(stream: ServerHttp2Stream, taken: number): number {
    const before = this.#stalls.get(stream);
    const ms = before !== undefined && before.taken >= taken ? before.ms + LOOK_EVERY_MS : 0;
    this.#stalls.set(stream, { taken, ms });
    return ms;
  }
}

/** The front has reset it, and the reset is still to be sent. */
const isCut = ({ closed, destroyed, rstCode }: ServerHttp2Stream): boolean =>
  closed && !destroyed && rstCode !== constants.NGHTTP2_NO_ERROR;
