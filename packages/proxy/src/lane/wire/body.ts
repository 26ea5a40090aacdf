// A request's body on its way in: where it ends, how much has come, and which bytes go on.
import { ChunkedScan, type BodySink } from './chunked.ts';

export interface RequestBody {
  readonly done: boolean;
  /** The framing is wrong: where the next request would begin cannot be known. */
  readonly broken: boolean;
  /** Body bytes so far, without framing. */
  readonly dataBytes: number;
  /** As `ChunkedScan.feed`. */
  feed(bytes: Uint8Array, start: number, end: number, sink: BodySink): number;
}

/** `undefined`: no body. `contentLength` -1: chunked. */
export const bodyOf = (contentLength: number): RequestBody | undefined => {
  if (contentLength === 0) return undefined;
  return contentLength < 0 ? new ChunkedScan() : new SizedBody(contentLength);
};

class SizedBody implements RequestBody {
  readonly broken = false;
  dataBytes = 0;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  get done(): boolean {
    return this.dataBytes === this.#length;
  }

  feed(_bytes: Uint8Array, start: number, end: number, sink: BodySink): number {
    const stop = Math.min(end, start + this.#length - this.dataBytes);
    this.dataBytes += stop - start;
    if (stop > start) sink.range(start, stop);
    return stop;
  }
}
