// `headers`: fields set, added and removed on both ways, whatever answers and over each protocol.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask, fieldOf } from '../support/ask.ts';
import { writePair } from '../support/certificate.ts';
import { HOST } from '../support/ways.ts';
import { directoryWith, PROTOCOLS, start, valuesOf } from './start.ts';

const PROBE = join(import.meta.dirname, '../support/probe/app.ts');

const directory = (): string => directoryWith({ 'page.html': '<p>page</p>' });

describe.each(PROTOCOLS)('%s', (protocol) => {
  const response = {
    set: { 'Cache-Control': 'no-cache', 'X-Set': 'by the front' },
    add: { 'Set-Cookie': 'front=1', Link: '</a>; rel=preload' },
    remove: ['X-Of-Target', 'etag'],
  };

  it.each(['upstream by wire', 'upstream by http-proxy', 'app', 'files', 'respond'])(
    'changes the answer of: %s',
    async (kind) => {
      const { url } = await httpUpstream((_request, answer) => {
        answer.writeHead(200, {
          'x-of-target': '1',
          'cache-control': 'max-age=5',
          'set-cookie': ['a=1', 'b=2'],
        });
        answer.end('upstream');
      });
      const target = {
        'upstream by wire': { upstream: { servers: [url], engine: 'wire' } },
        'upstream by http-proxy': { upstream: { servers: [url], engine: 'http-proxy' } },
        app: { app: PROBE },
        files: { files: directory() },
        respond: { respond: { headers: { 'x-of-target': 1, 'cache-control': 'max-age=5' }, body: 'fixed' } },
      }[kind];
      const path = { app: '/probe/fields', files: '/page.html' }[kind] ?? '/';
      const { httpsPort } = await start([{ path: '/', ...target, headers: { response } }]);
      const answer = await ask(httpsPort, protocol, { path });
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toBe(
        { app: 'fields', files: '<p>page</p>', respond: 'fixed' }[kind] ?? 'upstream',
      );
      const { fields } = answer;
      expect(valuesOf(fields, 'cache-control')).toEqual(['no-cache']);
      expect(valuesOf(fields, 'x-set')).toEqual(['by the front']);
      expect(valuesOf(fields, 'link')).toEqual(['</a>; rel=preload']);
      expect(fieldOf(fields, 'x-of-target')).toBeUndefined();
      expect(fieldOf(fields, 'etag')).toBeUndefined();
      expect(fieldOf(fields, 'content-length')).toBe(
        kind.startsWith('upstream') ? undefined : String(answer.body.length),
      );
      const cookies = { app: ['a=1; Path=/', 'b=2; HttpOnly'], files: [], respond: [] }[kind] ?? [
        'a=1',
        'b=2',
      ];
      expect(valuesOf(fields, 'set-cookie')).toEqual([...cookies, 'front=1']);
    },
  );

  it("changes the front's own answers, too", async () => {
    const routes = [{ path: '/', files: directory(), headers: { response }, deny: ['192.0.2.1'] }];
    const { httpsPort } = await start(routes);
    const answer = await ask(httpsPort, protocol, { path: '/missing' });
    expect([answer.status, fieldOf(answer.fields, 'x-set')]).toEqual([404, 'by the front']);
    const head = await ask(httpsPort, protocol, { path: '/page.html', method: 'HEAD' });
    expect([head.status, head.body.length, fieldOf(head.fields, 'content-length')]).toEqual([200, 0, '11']);
  });

  it.each(['wire', 'http-proxy'])('changes what an upstream (%s) is told', async (engine) => {
    const { url } = await httpUpstream((request, answer) => answer.end(JSON.stringify(request.headers)));
    const headers = { request: { set: { 'X-Tenant': 'one', Accept: '*/*' }, remove: ['Cookie'] } };
    const { httpsPort } = await start([{ path: '/', upstream: { servers: [url], engine }, headers }]);
    const fields = { cookie: 'secret=1', 'x-tenant': 'forged', 'user-agent': 'kept' };
    const answer = await ask(httpsPort, protocol, { path: '/', fields });
    const seen = JSON.parse(answer.body.toString());
    expect(seen).toMatchObject({ 'x-tenant': 'one', accept: '*/*', 'user-agent': 'kept' });
    expect(seen.cookie).toBeUndefined();
  });

  it('security: on gives what the target has not given, and no promise about https with a self-signed certificate', async () => {
    const own = { 'X-Frame-Options': 'DENY' };
    const { httpsPort } = await start([
      { path: '/', respond: { headers: own, body: 'x' }, headers: { security: 'on' } },
    ]);
    const { fields } = await ask(httpsPort, protocol, { path: '/' });
    expect(valuesOf(fields, 'x-frame-options')).toEqual(['DENY']);
    expect(valuesOf(fields, 'x-content-type-options')).toEqual(['nosniff']);
    expect(valuesOf(fields, 'referrer-policy')).toEqual(['strict-origin-when-cross-origin']);
    expect(fieldOf(fields, 'strict-transport-security')).toBeUndefined();
  });
});

it('security: on promises https where the certificate is a real one', async () => {
  const made = directory();
  await writePair(made, 'site', [HOST]);
  const { httpsPort } = await start([{ path: '/', respond: { body: 'x' } }], {
    tls: { certificate: join(made, 'site.pem'), key: join(made, 'site.key') },
    headers: { security: 'on' },
  });
  const { fields } = await ask(httpsPort, 'h1', { path: '/' });
  expect(fieldOf(fields, 'strict-transport-security')).toBe('max-age=63072000');
});
