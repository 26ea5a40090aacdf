// The request's body on its way to the upstream: piece by piece, no faster than the upstream reads, trailers last.
import type { ClientRequest } from 'node:http';
import type { FrontRequest } from '../../lane/full/request.ts';
import { trailerFields } from '../../policy/trailers.ts';

/**
 * The framing is that of the request's fields; nothing is buffered or counted here. `waits` is told whether the upstream,
 * not the client, is the one to be waited for.
 */
export function sendBody(
  from: FrontRequest,
  to: ClientRequest,
  withheldTrailers: ReadonlySet<string> | undefined,
  waits: (forUpstream: boolean) => void,
): void {
  from.on('data', (chunk: Buffer) => {
    const isTaken = to.write(chunk);
    if (!isTaken) from.pause();
    waits(!isTaken);
  });
  to.on('drain', () => {
    from.resume();
    waits(to.writableEnded);
  });
  from.on('end', () => {
    // A body that was cut by the front or the client has no end of its own.
    if (!from.whole) return;
    const trailers = trailerFields(from.rawTrailers, withheldTrailers);
    if (trailers.length > 0) to.addTrailers(trailers);
    to.end();
    waits(true);
  });
  // The upstream has answered before the body was over: the rest is not wanted.
  to.once('close', () => {
    from.removeAllListeners('data');
    from.resume();
  });
}
