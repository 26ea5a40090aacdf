// A connection that is reset has no peer address any more: it must not pass for a unix socket, which has none either.
import { expect, it } from 'vitest';
import { plain, route, startFront, upstream } from '../support/front.ts';
import { exchangeRaw } from '../support/raw.ts';
import { sendAndReset } from '../support/resetClient.ts';
import { httpUpstream } from '../support/upstream.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

it.each(['wire', 'http-proxy'] as const)(
  'lets nobody past a deny list by resetting the connection, %s',
  async (engine) => {
    const asked: unknown[] = [];
    const { url } = await httpUpstream((request, response) => {
      asked.push(request.method);
      response.end();
    });
    const policy = { access: { allow: undefined, deny: ['127.0.0.1'] } };
    const routes = [{ ...route('/', upstream([url], { engine })), policy }];
    const { front, httpPort } = await startFront(plain({ routes }));
    sendAndReset(httpPort, POST);
    // Accepted after it, on the same listener.
    expect(await exchangeRaw(httpPort, GET)).toMatch(/^HTTP\/1\.1 403 /);
    await expect.poll(() => front.status().connections).toBe(0);
    expect(asked).toEqual([]);
    expect(front.status().drops).toEqual({ 'peer-gone': 1 });
  },
);
