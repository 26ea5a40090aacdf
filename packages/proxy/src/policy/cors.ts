// `cors` (Fetch Standard, section 3.3): preflights are answered before anybody is asked who they are, since a browser
// sends none of its credentials with them; answers say whose pages may read them.
import type { CorsConfig } from '@tollgate/core';
import type { AnswerHead } from './answerHead.ts';
import type { PolicyExchange, PolicyPart, StepOutcome } from './seam.ts';

const NOTHING = Buffer.alloc(0);

export function corsPart(config: CorsConfig): PolicyPart {
  const allowed = new Set(config.origins);
  const preflight = preflightFields(config);
  return {
    step: (exchange) => answerPreflight(exchange, allowed, preflight),
    filter: (exchange, head) => {
      readableBy(exchange, head, allowed, config);
      return undefined;
    },
  };
}

function preflightFields({ methods, headers, maxAgeMs }: CorsConfig): readonly string[] {
  const fields = ['Access-Control-Allow-Methods', methods.join(', ')];
  if (headers.length > 0) fields.push('Access-Control-Allow-Headers', headers.join(', '));
  fields.push('Access-Control-Max-Age', String(Math.ceil(maxAgeMs / 1000)));
  return fields;
}

function answerPreflight(
  exchange: PolicyExchange,
  allowed: ReadonlySet<string>,
  fields: readonly string[],
): StepOutcome {
  const { head, request } = exchange;
  const { origin } = request.headers;
  const asks = head?.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
  if (!asks || origin === undefined) return 'goes-on';
  if (isAllowed(origin, allowed)) exchange.answer({ status: 204, fields, body: NOTHING });
  else exchange.refuse('origin-denied');
  return 'answered';
}

/** In place of what a target says itself: two answers to one question are none. */
function readableBy(
  { request }: PolicyExchange,
  head: AnswerHead,
  allowed: ReadonlySet<string>,
  { credentials, expose }: CorsConfig,
): void {
  const { origin } = request.headers;
  const open = allowed.has('any');
  // A cache must not give the answer made for one origin to another; also where there was none.
  if (!open) head.add('Vary', 'Origin');
  head.remove('Access-Control-Allow-Origin');
  head.remove('Access-Control-Allow-Credentials');
  if (origin === undefined || !isAllowed(origin, allowed)) return;
  head.add('Access-Control-Allow-Origin', open ? '*' : origin);
  if (credentials) head.add('Access-Control-Allow-Credentials', 'true');
  if (expose.length > 0) head.set('Access-Control-Expose-Headers', expose.join(', '));
}

const isAllowed = (origin: string, allowed: ReadonlySet<string>): boolean =>
  allowed.has('any') || allowed.has(origin);
