// A body on its way through the streams that answer filters have put in: as fast as the client takes what comes out.
// oxlint-disable typescript/unbound-method -- each is bound by Reflect.apply in the same expression
import { pipeline, type Transform } from 'node:stream';

/** Where the changed body goes. */
export interface BodySink {
  /** False: wait for `resume`. */
  write(chunk: Buffer): boolean;
  end(): void;
  /** The writer of the body may go on. */
  drained(): void;
  failed(error: Error): void;
}

export class ChangedBody {
  readonly #first: Transform;
  readonly #last: Transform;
  readonly #all: readonly Transform[];

  constructor(first: Transform, rest: readonly Transform[], sink: BodySink) {
    this.#all = [first, ...rest];
    this.#first = first;
    this.#last = rest.at(-1) ?? first;
    // Also tears all of them down when one fails; with one alone there is nothing to join.
    if (rest.length > 0) pipeline(this.#all, ignoreEnd);
    for (const transform of this.#all) transform.once('error', (error) => sink.failed(error));
    this.#first.on('drain', () => sink.drained());
    this.#last.on('data', (chunk: Buffer) => {
      if (!sink.write(chunk)) this.#last.pause();
    });
    this.#last.once('end', () => sink.end());
  }

  /** Whatever a writable stream takes; false: wait for the sink's `drained`. */
  write(...given: unknown[]): boolean {
    return Reflect.apply(this.#first.write, this.#first, given);
  }

  end(...given: unknown[]): void {
    Reflect.apply(this.#first.end, this.#first, given);
  }

  /** The client takes bytes again. */
  resume(): void {
    this.#last.resume();
  }

  destroy(): void {
    for (const transform of this.#all) transform.destroy();
  }
}

/** The error has been told by the stream it happened in. */
const ignoreEnd = (): void => undefined;
