// The request's body on its way to the upstream: piece by piece, no faster than the upstream reads, trailers last.
import type { ClientRequest } from 'node:http';
import type { FrontRequest } from '../../lane/full/request.ts';
import { trailerFields } from '../../policy/trailers.ts';

/** `moved` is called for every piece. The framing is that of the request's fields; nothing is buffered or counted here. */
export function sendBody(
  from: FrontRequest,
  to: ClientRequest,
  withheldTrailers: ReadonlySet<string> | undefined,
  moved: () => void,
): void {
  from.on('data', (chunk: Buffer) => {
    moved();
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => {
    // A body that was cut by the front or the client has no end of its own.
    if (!from.whole) return;
    const trailers = trailerFields(from.rawTrailers, withheldTrailers);
    if (trailers.length > 0) to.addTrailers(trailers);
    to.end();
  });
  // The upstream has answered before the body was over: the rest is not wanted.
  to.once('close', () => {
    from.removeAllListeners('data');
    from.resume();
  });
}
