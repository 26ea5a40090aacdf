// Opens one connection to an upstream server: usable (TLS verified) within the connect time, or an error.
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { UpstreamEndpoint } from '../pool/endpoint.ts';
import { UpstreamFailure } from './failure.ts';

/** The kernel finds out about a peer that vanished; without it a silent stream would be held for ever. */
const KEEP_ALIVE_PROBE_MS = 30_000;

export type Dialled = (error: Error | null, socket?: Socket) => void;

/** `done` is called once. The caller owns the socket from then on. Returns a function that gives up. */
export function dial(endpoint: UpstreamEndpoint, done: Dialled): () => void {
  const options = { ...endpoint.tls?.(), ...endpoint.address };
  const socket: Socket = endpoint.tls === undefined ? connectPlain(endpoint.address) : connectTls(options);
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
