// A cache on a route whose target is told by another service who the client is: nobody gets what was made for another.
import { expect, it } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask } from '../support/ask.ts';
import { start } from './start.ts';

interface Cached {
  /** Who asked, as the target was told, each time. */
  readonly seen: string[];
  as(cookie: string): Promise<string>;
}

/** Believes the cookie. Each client says, too, that it is somebody else. */
const behind = async (copy: readonly string[], cache: unknown, fields: object): Promise<Cached> => {
  const seen: string[] = [];
  const service = await httpUpstream(({ headers: { cookie = '' } }, answer) => {
    answer.writeHead(200, { 'x-user': cookie, authorization: `Bearer ${cookie}` }).end();
  });
  const target = await httpUpstream(({ headers }, answer) => {
    seen.push(String(headers['x-user']));
    answer.writeHead(200, { ...fields }).end(`for ${String(headers['x-user'])}`);
  });
  const auth = { forward: { url: `${service.url}/`, copy } };
  const { httpsPort } = await start([{ path: '/', upstream: target.url, auth, cache }]);
  const as = async (cookie: string): Promise<string> => {
    const fields = { cookie, 'x-user': 'forged' };
    return (await ask(httpsPort, 'h1', { path: '/', fields })).body.toString();
  };
  return { seen, as };
};

it('never asks the target in the background with the fields that a client has forged', async () => {
  const fields = { 'cache-control': 'max-age=0, stale-while-revalidate=60', etag: '"1"' };
  const { seen, as } = await behind(['X-User'], 'on', fields);
  await as('ann');
  await as('bob');
  await expect.poll(() => seen.length).toBe(2);
  expect(seen).toEqual(['ann', 'bob']);
});

it.each([
  ['that varies by who asks', ['X-User'], 'on', { vary: 'Accept, X-User', 'cache-control': 'max-age=60' }],
  [
    'to credentials that the service has given',
    ['X-User', 'Authorization'],
    'on',
    { 'cache-control': 'max-age=60' },
  ],
  ['that says nothing of caches', ['X-User'], { lifetime: '1m', cookies: 'ignore' }, {}],
])('gives nobody the answer to another %s', async (_name, copy, cache, fields) => {
  const { as } = await behind(copy, cache, fields);
  expect(await as('ann')).toBe('for ann');
  expect(await as('bob')).toBe('for bob');
});

it('gives all what the target says is for all', async () => {
  const { as } = await behind(['X-User'], 'on', { 'cache-control': 'public, max-age=60' });
  expect(await as('ann')).toBe('for ann');
  expect(await as('bob')).toBe('for ann');
});
