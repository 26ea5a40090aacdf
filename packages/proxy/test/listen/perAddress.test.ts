// `limits.connectionsPerAddress`: one address cannot take every place.
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { plain, startFront } from '../support/front.ts';
import { RawClient } from '../support/raw.ts';

const from = (port: number, localAddress: string): RawClient =>
  new RawClient(connect({ port, host: '127.0.0.1', localAddress }));

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';

const answered = async (client: RawClient): Promise<string> => {
  client.write(GET);
  return (await client.until((text) => text.includes('hello'))).slice(9, 12);
};

it('closes what is one too many, counts it, and gives the place back', async () => {
  const { front, httpPort } = await startFront(plain({ limits: { connectionsPerAddress: 2 } }));
  const [first, second] = [from(httpPort, '127.0.0.1'), from(httpPort, '127.0.0.1')];
  expect([await answered(first), await answered(second)]).toEqual(['200', '200']);
  const third = from(httpPort, '127.0.0.1');
  expect(await third.untilClosed()).toBe('');
  expect(await answered(from(httpPort, '127.0.0.2'))).toBe('200');
  expect(front.status().drops).toEqual({ 'over-address-limit': 1 });
  first.socket.destroy();
  await expect.poll(() => front.status().connections).toBe(2);
  expect(await answered(from(httpPort, '127.0.0.1'))).toBe('200');
});

it('does not count the connections of a trusted proxy, which brings many clients', async () => {
  const wanted = plain({ limits: { connectionsPerAddress: 1 }, trustedProxies: ['127.0.0.1'] });
  const { httpPort } = await startFront(wanted);
  const clients = [1, 2, 3].map(() => from(httpPort, '127.0.0.1'));
  onTestFinished(() => clients.forEach(({ socket }) => socket.destroy()));
  expect(await Promise.all(clients.map(answered))).toEqual(['200', '200', '200']);
});
