// Opens one connection to an upstream server: usable (TLS verified) within the connect time, or an error.
import type { Socket } from 'node:net';
import type { UpstreamEndpoint } from '../pool/endpoint.ts';
import { openSocket } from '../pool/open.ts';
import { UpstreamFailure } from './failure.ts';
import type { ProxyEnds } from './proxyHeader.ts';

/** The kernel finds out about a peer that vanished; without it a silent stream would be held for ever. */
const KEEP_ALIVE_PROBE_MS = 30_000;

export type Dialled = (error: Error | null, socket?: Socket) => void;

/** `ends`: of the client that it is for; `undefined`: for nobody's. `done` is called once. The caller owns the socket from then on. Returns a function that gives up. */
export function dial(endpoint: UpstreamEndpoint, ends: ProxyEnds | undefined, done: Dialled): () => void {
  const socket = openSocket(endpoint, endpoint.preface?.(ends));
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
  const timer = setTimeout(() => {
    socket.destroy(
      new UpstreamFailure('upstream-connect-timeout', `no connection in ${endpoint.connectMs} ms`),
    );
  }, endpoint.connectMs);
  const failed = (error: Error): void => {
    clearTimeout(timer);
    socket.destroy();
    done(error);
  };
  const closed = (): void => failed(new UpstreamFailure('upstream-reset', 'closed while connecting'));
  socket.once('error', failed);
  socket.once('close', closed);
  socket.once(endpoint.tls === undefined ? 'connect' : 'secureConnect', () => {
    clearTimeout(timer);
    socket.off('error', failed);
    socket.off('close', closed);
    done(null, socket);
  });
  if (endpoint.tls !== undefined) socket.on('session', (session: Buffer) => endpoint.keepSession(session));
  return () => {
    clearTimeout(timer);
    socket.off('close', closed);
    socket.destroy();
  };
}
