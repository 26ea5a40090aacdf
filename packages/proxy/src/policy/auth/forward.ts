// `auth.forward`: another service is asked about each request. 2xx lets it pass, with fields for the target; any other
// answer goes to the client as it is; no answer in time lets nobody pass.
import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { requestFields, responseFields, type ForwardAuthConfig } from '@tollgate/core';
import type { PolicyExchange, PolicyPart, StepOutcome } from '../seam.ts';
import { refuseRepeated } from './repeated.ts';

const MOST_AT_ONCE = 64;
const MOST_WAITING = 1000;
/** Of an answer that goes to the client: a page to sign in. */
const MOST_BODY_BYTES = 256 * 1024;
/** Below the usual keep-alive of such services. */
const IDLE_MS = 4000;

/** Of the request's body, or of what the client has already: the service is asked about neither. */
const NOT_TOLD = new Set([
  'host',
  'content-length',
  'content-encoding',
  'expect',
  'trailer',
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'x-forwarded-method',
  'x-forwarded-uri',
]);

export function forwardAuthPart(config: ForwardAuthConfig): PolicyPart {
  const url = new URL(config.url);
  const options = { keepAlive: true, maxSockets: MOST_AT_ONCE, timeout: IDLE_MS };
  const agent = url.protocol === 'https:' ? new TlsAgent(options) : new PlainAgent(options);
  const ask = url.protocol === 'https:' ? tlsRequest : plainRequest;
  let underWay = 0;
  return {
    step: async (exchange) => {
      const repeated = refuseRepeated(exchange);
      if (repeated !== undefined) return repeated;
      if (underWay >= MOST_WAITING) return refuse(exchange, 'overloaded');
      underWay += 1;
      try {
        const request = ask(url, { agent, method: 'GET', headers: told(exchange, url), setHost: false });
        return await decided(exchange, request, config);
      } finally {
        underWay -= 1;
      }
    },
  };
}

function told(exchange: PolicyExchange, url: URL): string[] {
  const { head, client, request } = exchange;
  if (head === undefined || client === undefined) return [];
  const fields = requestFields(head, request.rawHeaders, client, request.httpVersion);
  const kept = fields.filter((_, at) => !NOT_TOLD.has((fields[at - (at % 2)] ?? '').toLowerCase()));
  return ['Host', url.host, ...kept, 'X-Forwarded-Method', head.method, 'X-Forwarded-Uri', head.target];
}

async function decided(
  exchange: PolicyExchange,
  request: ReturnType<typeof plainRequest>,
  { copy, timeoutMs }: ForwardAuthConfig,
): Promise<StepOutcome> {
  const late = setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  exchange.onOver(() => request.destroy());
  try {
    const answer = await answered(request);
    const body = await bodyOf(answer);
    return obey(exchange, answer, body, copy);
  } catch {
    // Unreachable, late, too long or broken off: why is for nobody outside, and the count says that it was.
    return refuse(exchange, 'auth-unavailable');
  } finally {
    clearTimeout(late);
  }
}

function answered(request: ReturnType<typeof plainRequest>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).on('error', reject);
    request
      .once('upgrade', (_answer, socket) => socket.destroy())
      .once('close', () => reject(new Error('closed')));
    request.end();
  });
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) throw new Error(`more than ${MOST_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function obey(
  exchange: PolicyExchange,
  answer: IncomingMessage,
  body: Buffer,
  copy: readonly string[],
): StepOutcome {
  const { statusCode: status = 0, rawHeaders, httpVersion } = answer;
  const fields = responseFields(rawHeaders, httpVersion);
  const names = new Set(copy.map((name) => name.toLowerCase()));
  if (status >= 200 && status < 300) {
    // The client's own are taken off also where the service says nothing: nobody signs in by writing them.
    const given = fields.filter((_, at) => names.has((fields[at - (at % 2)] ?? '').toLowerCase()));
    exchange.withholdTrailers(names);
    exchange.editRequest((before) => [
      ...before.filter((_, at) => !names.has((before[at - (at % 2)] ?? '').toLowerCase())),
      ...given,
    ]);
    return 'goes-on';
  }
  if (status < 300 || status > 599) return refuse(exchange, 'auth-unavailable');
  const passed = fields.filter((_, at) => !/^(?:content-length|date)$/i.test(fields[at - (at % 2)] ?? ''));
  exchange.answer({ status, fields: passed, body });
  return 'answered';
}

function refuse(exchange: PolicyExchange, code: 'overloaded' | 'auth-unavailable'): StepOutcome {
  exchange.refuse(code, ['Retry-After', '1']);
  return 'answered';
}
