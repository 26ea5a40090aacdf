// What is counted for a route, in each lane and for what no route answers; and what a reload makes of it.
import { connect as connectH2 } from 'node:http2';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RouteFigures } from '../../src/figures/route.ts';
import { configOf, plain, respond, route, startFront, upstream, type Running } from '../support/front.ts';
import { exchangeRaw, rawConnectTls } from '../support/raw.ts';
import { httpUpstream } from '../support/upstream.ts';

function figuresOf({ front }: Running, path: string): RouteFigures {
  const found = front.routeFigures().find((figures) => figures.route === path);
  if (found === undefined) throw new Error(`expected figures of ${path}, got none`);
  return found;
}

const sumOf = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);

const get = (port: number, path: string, body = ''): Promise<string> =>
  exchangeRaw(
    port,
    `POST ${path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );

describe('the figures of a route', () => {
  it.each(['wire', 'http-proxy'] as const)('count answers, bytes and times of %s', async (engine) => {
    const server = await httpUpstream((_request, response) => {
      response.statusCode = 404;
      response.end('nothing');
    });
    const running = await startFront(plain({ routes: [route('/', upstream([server.url], { engine }))] }));
    await get(running.httpPort, '/x', 'four');
    await running.record();
    const figures = figuresOf(running, '/');
    expect(figures).toMatchObject({ site: '*', answers: [0, 0, 0, 1, 0], bytesIn: 4, bytesOut: 7 });
    expect(sumOf(figures.durations.counts)).toBe(1);
    expect(sumOf(figures.upstream.counts)).toBe(1);
  });

  it('count what HTTP/2 answers from memory', async () => {
    const running = await startFront({ routes: [route('/', respond('hello'))] });
    const session = connectH2(`https://localhost:${running.httpsPort}`, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/' });
    await once(stream.resume(), 'end');
    await running.record();
    expect(figuresOf(running, '/')).toMatchObject({ answers: [0, 1, 0, 0, 0], bytesOut: 5 });
    expect(sumOf(figuresOf(running, '/').upstream.counts)).toBe(0);
  });

  it('keep what no route answers apart, without a name of the client’s', async () => {
    const running = await startFront(plain({ routes: [route('/known', respond('x'))] }));
    await get(running.httpPort, '/unknown');
    await get(running.httpPort, '/\\..');
    await expect.poll(() => running.records.length).toBe(2);
    expect(running.front.routeFigures().map((figures) => figures.route)).toEqual(['-', '/known']);
    expect(figuresOf(running, '-')).toMatchObject({ site: '-', answers: [0, 0, 0, 2, 0] });
  });

  it('stay over a reload that keeps the route, and go with a route that goes', async () => {
    const routes = [route('/a', respond('a')), route('/b', respond('b'))];
    const running = await startFront(plain({ routes }));
    await get(running.httpPort, '/a');
    await running.record();
    const { stateDirectory, listen } = running.config;
    await running.front.reload(configOf({ routes: [route('/a', respond('A'))], listen }, stateDirectory));
    expect(running.front.routeFigures().map((figures) => figures.route)).toEqual(['-', '/a']);
    expect(figuresOf(running, '/a').answers).toEqual([0, 1, 0, 0, 0]);
  });

  it('stand beside the count of handshakes, full and resumed', async () => {
    const { front, httpsPort } = await startFront();
    const ask = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const first = rawConnectTls(httpsPort, { servername: 'localhost' });
    const ticket = once(first.socket, 'session');
    first.write(ask);
    const [session] = await ticket;
    await first.untilClosed();
    const second = rawConnectTls(httpsPort, { servername: 'localhost', session });
    second.write(ask);
    await second.untilClosed();
    expect(front.status()).toMatchObject({ tlsHandshakes: 2, tlsResumed: 1, tlsFailures: 0 });
  });
});
