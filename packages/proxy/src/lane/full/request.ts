// Node's two request classes with one addition: every body byte passes an observer before anybody can read it.
import { IncomingMessage } from 'node:http';
import { Http2ServerRequest } from 'node:http2';

export interface BodyObserver {
  /** False: the piece is dropped, and the target never sees it. */
  bodyArrived(bytes: number): boolean;
}

export class H1Request extends IncomingMessage {
  observer: BodyObserver | undefined = undefined;

  /** The body has come to its own end. */
  get whole(): boolean {
    return this.complete;
  }

  /** Node's parser pushes the body here, whoever consumes it: a limit held here holds for every target. */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk instanceof Buffer && this.observer?.bodyArrived(chunk.length) === false) return true;
    return super.push(chunk, encoding);
  }
}

export class H2Request extends Http2ServerRequest {
  observer: BodyObserver | undefined = undefined;
  /** Node's `complete` is true of a stream that was reset as well. */
  whole = false;

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null) return this.#ended();
    if (chunk instanceof Buffer && this.observer?.bodyArrived(chunk.length) === false) return true;
    return super.push(chunk, encoding);
  }

  /** Node ends the body of a reset stream as if it were whole: half an upload would be taken for all of it. */
  #ended(): boolean {
    this.whole = !this.stream.aborted;
    if (this.whole) return super.push(null);
    this.destroy();
    return false;
  }
}

export type FrontRequest = H1Request | H2Request;
