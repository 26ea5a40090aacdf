// Regression: a CONNECT pipelined behind an answer that ends the connection made Node throw out of its event, which
// ended the process. Found by the differential test of the lanes.
import { expect, it } from 'vitest';
import { plain, respond, route, startFront } from '../../support/front.ts';
import { exchangeRaw } from '../../support/raw.ts';

it('survives a CONNECT behind the last answer of a connection, and behind one under way', async () => {
  const { httpPort } = await startFront(plain({ routes: [route('/', respond('fine'))] }));
  const connect = 'CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n';
  // TE: the full lane's from the first request on.
  const upload = 'POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  const get = 'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n';
  for (const text of [upload + get + connect, get + connect, upload + connect])
    expect(await exchangeRaw(httpPort, text)).toMatch(/^(?:HTTP\/1\.1 200 |$)/);
  expect(await exchangeRaw(httpPort, get.replace('TE: trailers', 'Connection: close'))).toMatch(/fine$/);
});
