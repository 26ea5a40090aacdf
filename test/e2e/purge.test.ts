// The caches of all workers forget what the admin listener is told to have forgotten.
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { get } from '../support/client.ts';
import { serve, site } from '../support/tollgate.ts';

const CONFIG = [
  'listen: { https: 127.0.0.1:0, http: 127.0.0.1:0 }',
  'admin: unix:./admin.sock',
  'workers: 2',
  'sites:',
  "  - hosts: ['*']",
  '    tls: self-signed',
  '    microcache: 1h',
  '    routes:',
  '      - { path: /, app: ./app.mjs }',
  '',
].join('\n');

const APP = `
let count = 0;
export default async function app(site) {
  site.get('/*', async () => process.pid + ' ' + (count += 1));
}
`;

function purge(directory: string, order: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asking = request({
      socketPath: join(directory, 'admin.sock'),
      method: 'POST',
      path: '/purge',
      headers: { 'content-type': 'application/json' },
      agent: false,
    });
    asking.on('error', reject);
    asking.on('response', (response) => void json(response).then(resolve, reject));
    asking.end(JSON.stringify(order));
  });
}

it('purges every worker, and says so in the event log', async () => {
  const { directory, httpsPort, events } = await serve(site({ 'tollgate.yaml': CONFIG, 'app.mjs': APP }));
  /** What each worker answers now; the kernel deals the connections. */
  const answers = async (): Promise<Set<string>> => {
    const found = new Set<string>();
    for (let asked = 0; found.size < 2 && asked < 200; asked++)
      found.add((await get(httpsPort, '/page')).body);
    return found;
  };
  const before = await answers();
  expect(before.size).toBe(2);
  expect(await answers()).toEqual(before);
  expect(await purge(directory, { prefix: 'https://elsewhere.test/' })).toEqual({ purged: 0 });
  expect(await purge(directory, { prefix: `https://127.0.0.1:${httpsPort}/pa` })).toEqual({ purged: 2 });
  const after = await answers();
  expect([...after].filter((answer) => before.has(answer))).toEqual([]);
  expect(events()).toContainEqual(expect.objectContaining({ msg: 'caches purged', purged: 2 }));
});
