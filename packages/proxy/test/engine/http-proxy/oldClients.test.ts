// HTTP/1.0 clients behind the engine: no chunks, no informational answers, the end of the body by length or by close.
import { describe, expect, it } from 'vitest';
import { plain, route, startFront, upstream } from '../../support/front.ts';
import { exchangeRaw, rawConnect } from '../../support/raw.ts';
import { answering, rawUpstream } from '../../support/upstream.ts';

async function ask(bytes: string): Promise<string> {
  const { url } = await rawUpstream(answering(bytes));
  const { httpPort } = await startFront(plain({ routes: [route('/', upstream([url]))] }));
  return exchangeRaw(httpPort, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n');
}

describe('an HTTP/1.0 client', () => {
  it('gets a chunked answer without chunks, ended by close', async () => {
    const answer = await ask('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
    expect(answer).toMatch(/\r\nConnection: close\r\n\r\nabc$/);
    expect(answer).not.toMatch(/transfer-encoding/i);
  });

  it("gets a reset, not an end, when the upstream's body was cut", async () => {
    const { url } = await rawUpstream((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
    );
    const { httpPort, record } = await startFront(plain({ routes: [route('/', upstream([url]))] }));
    const client = rawConnect(httpPort);
    const error = new Promise((resolve) => client.socket.once('error', resolve));
    client.write('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    expect(await error).toMatchObject({ code: 'ECONNRESET' });
    expect(client.ended).toBe(false);
    expect(await record()).toMatchObject({ status: 502 });
  });

  it('gets no early hints', async () => {
    const answer = await ask(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*ok$/);
  });
});
