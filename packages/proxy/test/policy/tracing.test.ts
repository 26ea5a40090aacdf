// Traces as a target and the request log get them, and Server-Timing as a client does.
import type { PolicyConfig } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { plain, route, startFront, upstream, type Running } from '../support/front.ts';
import { exchangeRaw } from '../support/raw.ts';
import { httpUpstream } from '../support/upstream.ts';

const VALID = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';

/** A route with this policy to an upstream that answers with the fields of traces it got. */
async function traced(policy: PolicyConfig, trustedProxies: readonly string[] = []): Promise<Running> {
  const server = await httpUpstream((request, response) => {
    const { traceparent, tracestate } = request.headers;
    response.setHeader('Server-Timing', 'app;dur=1');
    response.end(JSON.stringify({ traceparent, tracestate }));
  });
  const target = upstream([server.url], { engine: 'wire' });
  return startFront(plain({ trustedProxies, routes: [{ ...route('/', target), policy }] }));
}

const ask = ({ httpPort }: Running, ...fields: readonly string[]): Promise<string> => {
  const lines = ['GET / HTTP/1.1', 'Host: a', 'Connection: close', ...fields, '', ''];
  return exchangeRaw(httpPort, lines.join('\r\n'));
};

/** What the upstream got. */
function gotIn(answer: string): { readonly traceparent?: string; readonly tracestate?: string } {
  return JSON.parse(/\{.*\}/.exec(answer)?.[0] ?? 'null');
}

describe('a traced route', () => {
  it('passes a valid trace on as it is, and writes it into the request log', async () => {
    const running = await traced({ tracing: true });
    const got = gotIn(await ask(running, `Traceparent: ${VALID}`, 'tracestate: vendor=1'));
    expect(got).toEqual({ traceparent: VALID, tracestate: 'vendor=1' });
    expect(await running.record()).toMatchObject({ traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
  });

  it.each([
    ['none came', []],
    ['it is not valid', [`traceparent: ${VALID.toUpperCase()}`, 'tracestate: vendor=1']],
    ['two came', [`traceparent: ${VALID}`, `traceparent: ${VALID}`, 'tracestate: vendor=1']],
  ])('begins a trace where %s, and keeps no state of another', async (_why, fields) => {
    const running = await traced({ tracing: true });
    const { traceparent = '', tracestate } = gotIn(await ask(running, ...fields));
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(tracestate).toBeUndefined();
    expect((await running.record()).traceId).toBe(traceparent.slice(3, 35));
  });

  it('that is not traced makes nothing and judges nothing', async () => {
    const running = await traced({});
    expect(gotIn(await ask(running, 'traceparent: whatever'))).toEqual({ traceparent: 'whatever' });
    expect((await running.record()).traceId).toBeUndefined();
  });
});

describe('Server-Timing', () => {
  const TOLD = /^Server-Timing: front;dur=\d+\.\d{3}, upstream;dur=\d+\.\d{3}\r$/im;

  it('stands beside the app’s own', async () => {
    const answer = await ask(await traced({ serverTiming: 'on' }));
    expect(answer).toMatch(TOLD);
    expect(answer).toMatch(/^Server-Timing: app;dur=1\r$/im);
  });

  it('asked for is told to a trusted peer only', async () => {
    const trusting = await traced({ serverTiming: 'asked' }, ['127.0.0.1']);
    expect(await ask(trusting, 'X-Server-Timing: 1')).toMatch(TOLD);
    expect(await ask(trusting)).not.toMatch(TOLD);
    const trustingNobody = await traced({ serverTiming: 'asked' });
    expect(await ask(trustingNobody, 'X-Server-Timing: 1')).not.toMatch(TOLD);
  });
});
