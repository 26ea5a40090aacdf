// Filters, edits and steps as seen from outside: whole answers, bodies through streams, back-pressure, failures.
import { connect } from 'node:http2';
import { request as requestH1, type IncomingMessage } from 'node:http';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { AnswerFilter, Step } from '../../src/policy/seam.ts';
import { respond, upstream } from '../support/front.ts';
import { fullLaneWith, type LaneOfTest } from '../support/fullLane.ts';
import { httpUpstream } from '../support/upstream.ts';

const APP = { kind: 'app' as const, module: join(import.meta.dirname, '../support/echoApp.ts') };

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly trailers: Readonly<Record<string, unknown>>;
}

const PROTOCOLS = ['h1', 'h2'] as const;

const ask = (lane: LaneOfTest, protocol: 'h1' | 'h2', path: string, method = 'GET'): Promise<Got> =>
  protocol === 'h1' ? askH1(lane.h1Port, path, method) : askH2(lane.h2Port, path, method);

async function askH1(port: number, path: string, method: string): Promise<Got> {
  const request = requestH1({ port, host: '127.0.0.1', path, method, agent: false });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject).end();
  });
  const body = (await buffer(answer)).toString();
  return { status: answer.statusCode ?? 0, headers: answer.headers, body, trailers: answer.trailers };
}

async function askH2(port: number, path: string, method: string): Promise<Got> {
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ':path': path, ':method': method });
  let trailers = {};
  stream.once('trailers', (given) => (trailers = { ...given }));
  const answered = new Promise<Record<string, unknown>>((resolve, reject) => {
    stream.once('response', resolve).once('error', reject);
  });
  const headers = await answered;
  const body = (await buffer(stream)).toString();
  return { status: Number(headers[':status']), headers, body, trailers };
}

/** Resolves when the front knows that the client is gone. */
async function leave(lane: LaneOfTest, protocol: 'h1' | 'h2', path: string): Promise<void> {
  const client =
    protocol === 'h1' ? createConnection(lane.h1Port) : connect(`http://127.0.0.1:${lane.h2Port}`);
  client.on('error', () => undefined);
  if ('request' in client) client.request({ ':path': path }).on('error', () => undefined);
  else client.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  await expect.poll(() => lane.counters.activeRequests).toBe(1);
  client.destroy();
  await expect.poll(() => lane.counters.activeRequests).toBe(0);
}

const shouting = (): Transform =>
  new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString().toUpperCase()),
    flush: (done) => done(null, '!'),
  });

/** Changes the length, so that Content-Length goes. */
const shout: AnswerFilter = (_exchange, head) => {
  head.remove('content-length');
  return shouting();
};

const trailing = (): Promise<{ url: string }> =>
  httpUpstream((request, response) => {
    if (request.method === 'HEAD' || request.url === '/none') {
      response.writeHead(request.url === '/none' ? 204 : 200).end();
      return;
    }
    response.writeHead(200, { trailer: 'x-sum' });
    response.addTrailers({ 'x-sum': '3' });
    response.end('abc');
  });

describe.each(PROTOCOLS)('filters, %s', (protocol) => {
  it('the body goes through their streams, in their order, and trailers stay', async () => {
    const { url } = await trailing();
    const lane = await fullLaneWith(upstream([url]), { filters: [shout, () => new PassThrough(), shout] });
    const { status, body, trailers } = await ask(lane, protocol, '/');
    expect([status, body, trailers['x-sum']]).toEqual([200, 'ABC!!', '3']);
  });

  it('are not left over from an answer to a client that has left', async () => {
    const made: Transform[] = [];
    const pass: AnswerFilter = (_exchange, head) => {
      head.remove('content-length');
      made.push(new PassThrough());
      return made.at(-1);
    };
    const lane = await fullLaneWith(APP, { filters: [pass] });
    for (let clients = 0; clients < 3; clients++) await leave(lane, protocol, '/late?ms=100');
    // Asked after them, answered after them.
    expect((await ask(lane, protocol, '/slow?ms=200')).body).toBe('slow\n');
    expect(made.filter(({ destroyed }) => !destroyed)).toEqual([]);
  });

  it.each(['app', 'respond'])('the answer of %s goes through them as well', async (kind) => {
    const target = kind === 'app' ? APP : respond('hello\n');
    const lane = await fullLaneWith(target, { filters: [shout] });
    const { body, headers } = await ask(lane, protocol, '/slow?ms=0');
    expect(body).toBe(kind === 'app' ? 'SLOW\n!' : 'HELLO\n!');
    expect(headers['content-length']).toBeUndefined();
  });

  it('an answer without a body has none, and their streams are let go', async () => {
    const { url } = await trailing();
    const made: Transform[] = [];
    const filters: AnswerFilter[] = [
      (_exchange, head) => {
        head.add('x-seen', head.status.toString());
        made.push(shouting());
        return made.at(-1);
      },
    ];
    const lane = await fullLaneWith(upstream([url]), { filters });
    const head = await ask(lane, protocol, '/', 'HEAD');
    const none = await ask(lane, protocol, '/none');
    expect([head.status, head.body, head.headers['x-seen']]).toEqual([200, '', '200']);
    expect([none.status, none.body, none.headers['x-seen']]).toEqual([204, '', '204']);
    expect(made.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  it("a body in place of the target's ends the answer at once", async () => {
    const filters: AnswerFilter[] = [
      (_exchange, head) => {
        head.status = 503;
        head.set('content-length', '3');
        return Buffer.from('new');
      },
    ];
    const lane = await fullLaneWith(APP, { filters });
    const { status, body } = await ask(lane, protocol, '/blocks?blocks=2000');
    expect([status, body]).toEqual([503, 'new']);
    await vi.waitFor(() => expect(lane.counters.activeRequests).toBe(0));
  });

  it('a stream that fails cuts the answer and is told', async () => {
    const failing = new Transform({ transform: (_chunk, _encoding, done) => done(new Error('no more')) });
    const lane = await fullLaneWith(APP, { filters: [() => failing] });
    await expect(ask(lane, protocol, '/blocks?blocks=2')).rejects.toThrow(/./);
    expect(lane.counters.refusals()).toEqual({ internal: 1 });
    expect(lane.events).toMatchObject([
      [{ err: { message: 'no more' } }, 'the body of an answer could not be changed'],
    ]);
  });
});

describe.each(PROTOCOLS)('steps, %s', (protocol) => {
  const later =
    (outcome: 'goes-on' | 'answered'): Step =>
    async (exchange) => {
      await wait(1);
      if (outcome === 'answered') exchange.refuse('address-denied', ['X-Why', 'step']);
      return outcome;
    };

  it('go on to the target, with edits and filters of their own', async () => {
    const step: Step = (exchange) => {
      exchange.editRequest((fields) => [...fields, 'X-User', 'ann']);
      exchange.filterAnswer((_exchange, head) => {
        head.add('x-step', 'was here');
        return undefined;
      });
      return 'goes-on';
    };
    const lane = await fullLaneWith(APP, { steps: [later('goes-on'), step] });
    const { body, headers } = await ask(lane, protocol, '/x');
    expect(JSON.parse(body).headers).toMatchObject({ 'x-user': 'ann' });
    expect(headers['x-step']).toBe('was here');
  });

  it('answer in its place, and no step follows', async () => {
    const never = vi.fn<Step>(() => 'goes-on');
    const lane = await fullLaneWith(APP, { steps: [later('answered'), never] });
    const { status, headers } = await ask(lane, protocol, '/x');
    expect([status, headers['x-why']]).toEqual([403, 'step']);
    expect(never).not.toHaveBeenCalled();
  });

  it('that fail are answered with 500 and told', async () => {
    const lane = await fullLaneWith(APP, { steps: [() => Promise.reject(new Error('oh'))] });
    expect((await ask(lane, protocol, '/x')).status).toBe(500);
    expect(lane.events).toMatchObject([[{ err: { message: 'oh' } }, 'a step of the policy failed']]);
  });
});

it('streams take no more of a body than a client that does not read leaves them room for', async () => {
  let passed = 0;
  const counting = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      passed += chunk.length;
      done(null, chunk);
    },
  });
  const lane = await fullLaneWith(APP, { filters: [() => counting, () => new PassThrough()] });
  const client = createConnection({ port: lane.h1Port, host: '127.0.0.1' });
  onTestFinished(() => void client.destroy());
  client.write('GET /blocks?blocks=1000 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
  let before = -1;
  await vi.waitFor(
    () => {
      const stands = passed > 0 && passed === before;
      before = passed;
      expect(stands).toBe(true);
    },
    { timeout: 20_000, interval: 200 },
  );
  // What the kernel's buffers of both sides hold, and little else, of 65 MB.
  expect(passed).toBeLessThan(30_000_000);
  let received = 0;
  for await (const chunk of client) received += Buffer.byteLength(chunk);
  expect(received).toBeGreaterThan(1000 * 65_536);
});

it('an upgrade waits for its steps', async () => {
  const step: Step = () => wait(20).then(() => 'goes-on' as const);
  const lane = await fullLaneWith(APP, { steps: [step] });
  const socket = new WebSocket(`ws://127.0.0.1:${lane.h1Port}/`);
  onTestFinished(() => socket.terminate());
  const echoed = new Promise<string>((resolve, reject) => {
    socket
      .once('error', reject)
      .once('message', (data) => resolve(Buffer.isBuffer(data) ? data.toString() : ''));
  });
  socket.once('open', () => socket.send('hello'));
  expect(await echoed).toBe('hello');
});
