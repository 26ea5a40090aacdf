// HTTP/2 streams that wire answers: what ends early, what is too large, what nobody reads.
import { once } from 'node:events';
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { route, startFront, upstream, type Running } from '../../support/front.ts';
import { httpUpstream } from '../../support/upstream.ts';
import { ok, rawUpstream } from './upstreams.ts';

const frontBefore = (port: number, bodyBytes = 1e7): Promise<Running> =>
  startFront({ routes: [route('/', upstream([`http://127.0.0.1:${port}`], { engine: 'wire' }), bodyBytes)] });

function sessionTo({ httpsPort }: Running): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${httpsPort}`, { rejectUnauthorized: false });
  onTestFinished(() => session.destroy());
  return session;
}

async function headOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  const [head] = await once(stream, 'response');
  return head;
}

async function bodyOf(stream: ClientHttp2Stream): Promise<string> {
  let body = '';
  for await (const chunk of stream.setEncoding('latin1')) body += chunk;
  return body;
}

describe('HTTP/2 by wire', () => {
  it('answers many streams of one session, each with its own answer', async () => {
    const behind = await httpUpstream((request, response) => response.end(request.url));
    const running = await frontBefore(behind.port);
    const session = sessionTo(running);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => bodyOf(session.request({ ':path': `/${at}` }).end())),
    );
    expect(answers).toEqual(Array.from({ length: 50 }, (_, at) => `/${at}`));
    expect(
      running.records.every(
        ({ protocol, upstreamMs }) => protocol === 'HTTP/2.0' && upstreamMs !== undefined,
      ),
    ).toBe(true);
  });

  it('answers 413 to a body that grows too large, and stops the client', async () => {
    const behind = await httpUpstream((request) => request.resume());
    const running = await frontBefore(behind.port, 1000);
    const stream = sessionTo(running).request({ ':path': '/', ':method': 'POST' });
    stream.on('error', () => undefined);
    stream.write(Buffer.alloc(5000));
    expect(await headOf(stream)).toMatchObject({ ':status': 413 });
    stream.resume();
    if (!stream.closed) await once(stream, 'close');
    expect(stream.rstCode).toBe(0);
    expect(await running.record()).toMatchObject({ status: 413 });
  });

  it('resets the stream, with an error, when the upstream ends in the middle of a body', async () => {
    const behind = await rawUpstream((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n'),
    );
    const running = await frontBefore(behind.port);
    const stream = sessionTo(running).request({ ':path': '/' });
    await expect(bodyOf(stream)).rejects.toThrow(/INTERNAL_ERROR/);
    expect(await running.record()).toMatchObject({ status: 502 });
  });

  it('ends the upstream request of a stream that is reset, and records 499', async () => {
    const behind = await rawUpstream(() => undefined);
    const running = await frontBefore(behind.port);
    const stream = sessionTo(running).request({ ':path': '/slow' });
    stream.on('error', () => undefined);
    await expect.poll(() => behind.sockets.length).toBe(1);
    stream.close(8);
    expect(await running.record()).toMatchObject({ status: 499, path: '/slow' });
    await expect.poll(() => behind.sockets[0]?.destroyed).toBe(true);
  });

  it('reads no faster from the upstream than the client reads from the stream', async () => {
    let sent = 0;
    const behind = await rawUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
      const more = (): void => {
        while (socket.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      socket.on('drain', more);
      more();
    });
    const running = await frontBefore(behind.port);
    const stream = sessionTo(running).request({ ':path': '/' });
    stream.on('error', () => undefined);
    await headOf(stream);
    let before = -1;
    await expect.poll(() => before === (before = sent), { interval: 500, timeout: 20_000 }).toBe(true);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('asks again on a new socket when an idle one was lost', async () => {
    const behind = await rawUpstream((socket, text, index) => {
      if (index === 0 && text.includes('/2')) socket.destroy();
      else socket.write(ok('hello'));
    });
    const session = sessionTo(await frontBefore(behind.port));
    expect(await bodyOf(session.request({ ':path': '/1' }))).toBe('hello');
    expect(await bodyOf(session.request({ ':path': '/2' }))).toBe('hello');
    expect(behind.sockets).toHaveLength(2);
  });
});
