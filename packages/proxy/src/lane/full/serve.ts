// The life of an exchange: gate, router, policy, target. Each step lets it pass or answers it.
import { judge, type Accepted, type RequestHead, type Verdict } from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import type { Generation } from '../../generation.ts';
import type { LaneContext } from '../lane.ts';
import { redirectAnswer, type PreparedAnswer } from '../../target/prepared.ts';
import type { FullPolicy } from '../../policy/policy.ts';
import type { Route } from '../../routing/table.ts';
import type { Target } from '../../target/target.ts';
import type { Background } from './background.ts';
import type { Exchange } from './exchange.ts';
import { H1Request, type FrontRequest } from './request.ts';
import { takeSteps } from './steps.ts';

export function serve(
  exchange: Exchange,
  generation: Generation,
  context: LaneContext,
  background: Background,
): void {
  const route = pass(exchange, generation, context);
  if (route === undefined) return;
  const { steps } = route.policy.full ?? WITHOUT_STEPS;
  if (steps.length === 0) {
    serveBy(route.target, exchange);
    return;
  }
  exchange.askedAgainBy((prepare) => background.ask(exchange, route, prepare));
  takeSteps(exchange, steps, () => serveBy(route.target, exchange));
}

const WITHOUT_STEPS: Pick<FullPolicy, 'steps'> = { steps: [] };

function serveBy(target: Target, exchange: Exchange): void {
  if (exchange.head?.expectContinue === true && target.readsBody) exchange.response.writeContinue();
  target.serve(exchange);
}

/** `head`: bytes of the new protocol that came with the request. */
export function serveUpgrade(
  exchange: Exchange,
  generation: Generation,
  context: LaneContext,
  head: Buffer,
): void {
  const route = pass(exchange, generation, context);
  if (route === undefined) return;
  const { steps } = route.policy.full ?? WITHOUT_STEPS;
  if (steps.length === 0) upgradeBy(route.target, exchange, head);
  else takeSteps(exchange, steps, () => upgradeBy(route.target, exchange, head));
}

function upgradeBy(target: Target, exchange: Exchange, head: Buffer): void {
  if (target.upgrades) target.upgrade(exchange, head);
  else target.serve(exchange);
}

/** Judged before Node decides what kind of event the request is; everything else is served without its Upgrade field. */
export function asksToUpgrade(
  context: LaneContext,
  connection: ClientConnection,
  request: H1Request,
): boolean {
  const generation = context.current();
  const verdict = judge(headOf(connection, request), generation.config.limits);
  if (verdict.kind === 'refused' || verdict.upgrade === undefined) return false;
  const match = generation.table.match(verdict.host, verdict.path);
  return typeof match === 'object' && match.target.upgrades;
}

/** Gate, redirect to https, router, guards and the announced size; `undefined`: the exchange has been answered. */
function pass(exchange: Exchange, generation: Generation, context: LaneContext): Route | undefined {
  const { connection } = exchange;
  const verdict = judge(headOf(connection, exchange.request), generation.config.limits);
  if (verdict.kind === 'refused') return refuse(exchange, verdict);
  const client = exchange.passed(verdict);
  if (verdict.form === 'asterisk') return answerAsterisk(exchange);
  const proof = challengeAnswer(context, connection, verdict);
  if (proof !== undefined) return answerChallenge(exchange, proof);
  const match = generation.table.match(verdict.host, verdict.path);
  if (match === 'host-not-served') return exchange.fail(match);
  if (redirectsToHttps(context, client.scheme)) return redirectToHttps(exchange, context);
  if (match === 'route-missing') return exchange.fail(match);
  exchange.tally = match.tally;
  exchange.routed(match.policy);
  const refusal = match.policy.guard?.({
    client,
    method: verdict.method,
    host: verdict.host,
    path: verdict.path,
  });
  if (refusal !== undefined) return exchange.refuse(refusal.code, refusal.fields);
  if ((verdict.contentLength ?? 0) > match.policy.bodyBytes) return exchange.fail('body-too-large');
  return match;
}

/** After a refused head the connection ends: what follows may be the other half of an attack (RFC 9112 11.2). */
function refuse(exchange: Exchange, verdict: Extract<Verdict, { kind: 'refused' }>): undefined {
  exchange.closing = true;
  exchange.fail(verdict.code);
}

/** `OPTIONS *` asks about the server, not about a site (RFC 9110 9.3.7). */
function answerAsterisk(exchange: Exchange): undefined {
  exchange.answer({ status: 204, fields: [], body: Buffer.alloc(0) });
}

/** Before the redirect, which an authority follows, but not to a host whose certificate is not there yet. */
function challengeAnswer(
  { challenges }: LaneContext,
  { scheme }: ClientConnection,
  { host, path }: Pick<Accepted, 'host' | 'path'>,
): PreparedAnswer | undefined {
  return scheme === 'http' ? challenges.answerTo(host, path) : undefined;
}

function answerChallenge(exchange: Exchange, proof: PreparedAnswer): undefined {
  exchange.answer(proof);
}

/** `scheme` is the client's own: a trusted proxy in front may have ended TLS. */
function redirectsToHttps(context: LaneContext, scheme: 'http' | 'https'): boolean {
  return scheme === 'http' && context.httpsPort !== undefined;
}

function redirectToHttps(exchange: Exchange, context: LaneContext): undefined {
  const { head } = exchange;
  if (head === undefined || head.host === '') return exchange.fail('host-missing');
  const port = context.httpsPort === 443 ? '' : `:${context.httpsPort}`;
  exchange.answer(redirectAnswer(308, `https://${head.host}${port}${head.target}`));
}

function headOf(connection: ClientConnection, request: FrontRequest): RequestHead {
  return {
    protocol: connection.protocol,
    httpVersion: request.httpVersion,
    method: request.method ?? '',
    target: request.url ?? '',
    authority: request instanceof H1Request ? undefined : pseudo(request.headers[':authority']),
    scheme: connection.scheme,
    rawHeaders: request.rawHeaders,
  };
}

function pseudo(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
