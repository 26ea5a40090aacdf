// Begins a connection to an upstream server: plain, TLS, or TLS below which a PROXY header has gone out.
import { connect as connectPlain, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { UpstreamEndpoint } from './endpoint.ts';

/** Takes writes at once; they leave when the connection is made. `preface` goes out before anything else. */
export function openSocket(endpoint: UpstreamEndpoint, preface?: Buffer, onread?: OnReadOpts): Socket {
  if (endpoint.tls === undefined) {
    const socket = connectPlain({ ...endpoint.address, ...(onread && { onread }) });
    if (preface !== undefined) socket.write(preface);
    return socket;
  }
  if (preface !== undefined) return openAbove(endpoint.tls(), prefaced(endpoint, preface));
  const options: ConnectionOptions & { onread?: OnReadOpts } = {
    ...endpoint.tls(),
    ...endpoint.address,
    ...(onread && { onread }),
  };
  return connectTls(options);
}

/** Of one address: with several, Node may change the handle that TLS has wrapped already. */
function prefaced({ address }: UpstreamEndpoint, preface: Buffer): Socket {
  const socket = connectPlain({ ...address, autoSelectFamily: false });
  socket.setNoDelay(true);
  socket.write(preface);
  return socket;
}

function openAbove(options: ConnectionOptions, below: Socket): Socket {
  const socket = connectTls({ ...options, socket: below });
  // Node tells an error of the socket below only to those who listen there.
  below.on('error', (error) => socket.destroy(error));
  return socket;
}
