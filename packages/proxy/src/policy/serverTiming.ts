// `serverTiming`: the answer says how long the front and the upstream took until its head was there (W3C Server Timing).
// Times tell an attacker about the inside, so they are given only where the configuration says so.
import type { PolicyExchange, PolicyPart } from './seam.ts';

/** What a trusted peer sends to be told. */
const ASKED = 'x-server-timing';

/** `asked`: only for a peer of `trustedProxies` that asks. */
export function serverTimingPart(when: 'on' | 'asked'): PolicyPart {
  return {
    filter(exchange, head) {
      if (when === 'on' || asks(exchange)) head.add('Server-Timing', timing(exchange, performance.now()));
      return undefined;
    },
  };
}

const asks = ({ client, request }: PolicyExchange): boolean =>
  client?.peerTrusted === true && request.headers[ASKED] !== undefined;

/** Milliseconds up to now: until the upstream was asked, and since. */
function timing({ startedAt, upstreamStartedAt }: PolicyExchange, nowMs: number): string {
  if (upstreamStartedAt === undefined) return `front;dur=${text(nowMs - startedAt)}`;
  return `front;dur=${text(upstreamStartedAt - startedAt)}, upstream;dur=${text(nowMs - upstreamStartedAt)}`;
}

const text = (ms: number): string => ms.toFixed(3);
