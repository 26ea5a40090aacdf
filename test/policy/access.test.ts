// `allow` and `deny`: guards, in every lane, over each protocol.
import { describe, expect, it } from 'vitest';
import { exchangeRaw } from '../../packages/proxy/test/support/raw.ts';
import { plain, route, respond, startFront } from '../../packages/proxy/test/support/front.ts';
import { ask } from '../support/ask.ts';
import { recordOf } from '../support/records.ts';
import { LANES, PROTOCOLS, start } from './start.ts';

describe.each(LANES)('%s lane', (_lane, more) => {
  describe.each(PROTOCOLS)('%s', (protocol) => {
    it('answers 403 to an address that is denied, with a record', async () => {
      const running = await start([
        { path: '/', respond: { body: 'open' }, ...more },
        { path: '/closed', respond: { body: 'secret' }, deny: ['127.0.0.0/8'], ...more },
      ]);
      const answer = await ask(running.httpsPort, protocol, { path: '/closed' });
      expect([answer.status, answer.body.toString()]).toEqual([
        403,
        '403 Forbidden: This is not open to your address. (address-denied)\n',
      ]);
      expect((await ask(running.httpsPort, protocol, { path: '/' })).body.toString()).toBe('open');
      expect(await recordOf(running, '/closed')).toMatchObject({ status: 403, client: '127.0.0.1' });
    });

    it('serves only whom allow names, and deny wins', async () => {
      const route = { respond: { body: 'secret' }, ...more };
      const running = await start(
        [
          { path: '/', ...route },
          { path: '/all', allow: 'any', ...route },
          { path: '/us', allow: ['127.0.0.1'], ...route },
          { path: '/not-us', allow: ['any'], deny: '127.0.0.1', ...route },
        ],
        { allow: ['192.0.2.0/24', '2001:db8::/32'] },
      );
      const statusOf = async (path: string): Promise<number> =>
        (await ask(running.httpsPort, protocol, { path })).status;
      expect(await Promise.all(['/', '/all', '/us', '/not-us'].map(statusOf))).toEqual([403, 200, 200, 403]);
    });
  });
});

describe('the address that counts', () => {
  const request = (client: string): string =>
    `GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: ${client}\r\nConnection: close\r\n\r\n`;
  const policy = { access: { allow: undefined, deny: ['198.51.100.7'] } };
  const routes = [route('/', respond('open'), 0, policy)];

  it('is the one that a trusted proxy vouches for', async () => {
    const { httpPort, front } = await startFront(plain({ routes, trustedProxies: ['127.0.0.1'] }));
    expect(await exchangeRaw(httpPort, request('198.51.100.7'))).toMatch(/^HTTP\/1\.1 403 /);
    expect(await exchangeRaw(httpPort, request('198.51.100.8'))).toMatch(/^HTTP\/1\.1 200 /);
    expect(front.status().refusals).toEqual({ 'address-denied': 1 });
  });

  it('is never one that the client only claims', async () => {
    const { httpPort } = await startFront(plain({ routes }));
    expect(await exchangeRaw(httpPort, request('198.51.100.7'))).toMatch(/^HTTP\/1\.1 200 /);
  });
});
