// The wire engine behind the full lane's exchanges: what becomes of its connections to upstreams.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plain, route, startFront, temporaryDirectory, upstream } from '../../support/front.ts';
import { exchangeRaw } from '../../support/raw.ts';
import { answering, rawUpstream } from '../../support/upstream.ts';

const get = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

it('reads from a connection that it uses again, though somebody had enough of the answer before its end', async () => {
  const file = join(temporaryDirectory(), '404.html');
  writeFileSync(file, 'not here');
  const { url, sockets } = await rawUpstream(
    answering(
      'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n',
    ),
  );
  const policy = { errorPages: [{ status: '404', file }] };
  const to = upstream([url], { engine: 'wire' });
  const { httpPort } = await startFront(
    plain({ routes: [route('/', to, undefined, policy)], timeouts: { upstreamHeaderMs: 500 } }),
  );
  for (let count = 0; count < 3; count++)
    expect(await exchangeRaw(httpPort, get)).toMatch(/^HTTP\/1\.1 404 [^]*not here$/);
  expect(sockets).toHaveLength(1);
});
