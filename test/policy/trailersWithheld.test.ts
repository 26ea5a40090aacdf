// Regression: what the front alone says of a client must not come from the client behind its body, whatever reads it there.
import { join } from 'node:path';
import Fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask } from '../support/ask.ts';
import probe from '../support/probe/app.ts';
import { PROTOCOLS, start } from './start.ts';

const PROBE = join(import.meta.dirname, '../support/probe/app.ts');

async function hop(): Promise<object> {
  const app = Fastify();
  await app.register(probe, { front: 'local' });
  onTestFinished(() => app.close());
  return { upstream: await app.listen({ host: '127.0.0.1', port: 0 }) };
}

describe.each(PROTOCOLS)('%s', (protocol) => {
  it('trailers bring neither what auth.forward copies nor what headers set or take off', async () => {
    const service = await httpUpstream((_request, answer) =>
      answer.writeHead(200, { 'x-user': 'ann' }).end(),
    );
    const policy = {
      auth: { forward: { url: `${service.url}/`, copy: ['X-User'] } },
      headers: { request: { set: { 'X-Tenant': 'own' }, remove: ['X-Role'] } },
    };
    const { httpsPort } = await start([
      { path: '/', ...(await hop()), ...policy },
      { path: '/in/', app: PROBE, stripPrefix: 'on', ...policy },
    ]);
    for (const path of ['/trailers', '/in/trailers']) {
      const answer = await ask(httpsPort, protocol, {
        method: 'POST',
        path,
        body: { pieces: [Buffer.from('body')] },
        trailers: { 'x-user': 'root', 'X-Tenant': 'other', 'x-role': 'admin', 'x-sum': '42' },
      });
      expect([path, JSON.parse(answer.body.toString())]).toEqual([path, { trailers: { 'x-sum': '42' } }]);
    }
  });
});
