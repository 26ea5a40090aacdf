// HTTP/2 streams that nobody sees: Node resets those with more fields than announced before it tells of them (header bombs).
// What remains is a gap between the last stream that nghttp2 took and the last that was seen.
import type { Http2Session } from 'node:http2';

export class UnseenStreams {
  #last = 0;

  /** Streams are numbered upwards, by twos (RFC 9113 5.1.1). */
  saw(streamId: number | undefined): void {
    this.#last = Math.max(this.#last, streamId ?? 0);
  }

  /** How many since the last that was seen or counted: at least so many, as one in between leaves no gap. */
  take(session: Http2Session): number {
    if (session.destroyed) return 0;
    const { lastProcStreamID = 0 } = session.state;
    const unseen = Math.max(0, Math.floor((lastProcStreamID - this.#last + 1) / 2));
    this.saw(lastProcStreamID);
    return unseen;
  }
}
