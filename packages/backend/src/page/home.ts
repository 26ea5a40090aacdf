// `/` explains the request it answers, and `/api/whoami` says the same as JSON.
import { epochMicros } from '@tollgate/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestFacts } from '../request/facts.ts';
import type { RequestFacts } from '../request/facts.ts';
import type { Front } from '../request/front.ts';
import type { Site } from '../site.ts';
import { readAsset } from './assets.ts';
import { addedFields, answeredIn, journey, receipt, receivedFields } from './sections.ts';
import { compileTemplate, html } from './template.ts';

const SLOTS = ['answeredIn', 'journey', 'receipt', 'added', 'received', 'origin'] as const;

/** Nothing is fetched from elsewhere, nothing is inline, and no other site may frame the page. */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

const JSON_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
} as const;

export function homeRoutes(site: Site, front: Front): void {
  const page = compileTemplate(readAsset('home.html').toString(), SLOTS);
  site.decorateRequest('arrivedMicros', 0);
  const onRequest = stampArrival;
  site.get('/', { onRequest }, (request, reply) => {
    const facts = requestFacts(request, front, request.arrivedMicros);
    return timed(reply, facts)
      .headers(PAGE_HEADERS)
      .send(page(filled(facts)));
  });
  site.get('/api/whoami', { onRequest }, (request, reply) => {
    const facts = requestFacts(request, front, request.arrivedMicros);
    return timed(reply, facts).headers(JSON_HEADERS).send(JSON.stringify(facts));
  });
}

declare module 'fastify' {
  interface FastifyRequest {
    /** When this site had read the request's head; microseconds since the epoch. */
    arrivedMicros: number;
  }
}

function stampArrival(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  request.arrivedMicros = epochMicros();
  done();
}

/** Server-Timing (W3C) puts the same times into the browser's own network panel, in milliseconds. */
function timed(reply: FastifyReply, { micros: { front, app } }: RequestFacts): FastifyReply {
  const tiers = front === null ? '' : `front;dur=${front / 1000}, `;
  return reply.header('server-timing', `${tiers}app;dur=${app / 1000}`);
}

const filled = (
  facts: RequestFacts,
): Parameters<ReturnType<typeof compileTemplate<(typeof SLOTS)[number]>>>[0] => ({
  answeredIn: answeredIn(facts),
  journey: journey(facts),
  receipt: receipt(facts),
  added: addedFields(facts),
  received: receivedFields(facts),
  origin: html`${facts.scheme}://${facts.host}`,
});
