// `timeouts`: how long each step may take; nothing waits for ever.
import { mapping } from './mapping.ts';
import { duration } from './quantity.ts';

export const timeouts = mapping('timeouts', {
  tlsHandshake: duration().prefault('10s').describe('From accepted to TLS agreed.'),
  requestHeader: duration()
    .prefault('10s')
    .describe('From the first byte of a request to the end of its header.'),
  bodyIdle: duration().prefault('30s').describe('Between two pieces of a request body.'),
  responseIdle: duration()
    .prefault('60s')
    .describe('Between two pieces of a response that the client takes.'),
  keepAlive: duration().prefault('75s').describe('An idle client connection between two requests.'),
  upstreamConnect: duration().prefault('3s').describe('To connect to an upstream server, with TLS.'),
  upstreamHeader: duration().prefault('60s').describe("From the request sent to the upstream's header."),
  upstreamIdle: duration()
    .prefault('4s')
    .describe(
      "An idle upstream connection. Keep it below the upstream's own keep-alive (Node before 26: 5 s).",
    ),
  tunnelIdle: duration().prefault('1h').describe('A WebSocket without a byte either way.'),
  drain: duration().prefault('30s').describe('What a stop or reload gives to running requests.'),
});
