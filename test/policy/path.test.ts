// `stripPrefix` and `rewrite`: what the target gets in place of what was asked for, judged like a request.
import { describe, expect, it } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask, fieldOf } from '../support/ask.ts';
import { recordOf } from '../support/records.ts';
import { directoryWith, PROTOCOLS, start } from './start.ts';

const echo = async (): Promise<string> => {
  const { url } = await httpUpstream((request, answer) =>
    answer.end(`${request.url} ${String(request.headers['x-forwarded-prefix'] ?? '')}`),
  );
  return url;
};

describe.each(PROTOCOLS)('%s', (protocol) => {
  describe.each(['wire', 'http-proxy'])('engine %s', (engine) => {
    it('stripPrefix takes the path of the route off, says so, and leaves the record as it was asked', async () => {
      const upstream = { servers: [await echo()], engine };
      const running = await start([
        { path: '/api/', upstream, stripPrefix: 'on' },
        { path: '/one', upstream, stripPrefix: 'on' },
        { path: '/', upstream },
      ]);
      const got = async (path: string): Promise<string> =>
        (await ask(running.httpsPort, protocol, { path })).body.toString();
      expect(await got('/api/users?id=1')).toBe('/users?id=1 /api');
      expect(await got('/api/')).toBe('/ /api');
      expect(await got('/one?x')).toBe('/?x /one');
      expect(await got('/other/api/')).toBe('/other/api/ ');
      expect(await recordOf(running, '/api/users?id=1')).toMatchObject({ status: 200 });
    });

    it('rewrite takes the first rule that matches', async () => {
      const rewrite = [
        { match: '^/old/(\\d+)/(.*)$', to: '/new/$2/$1' },
        { match: '^/q/(.*)', to: '/search?q=$1' },
        { match: '^/old', to: '/never' },
      ];
      const { httpsPort } = await start([
        { path: '/', upstream: { servers: [await echo()], engine }, rewrite },
      ]);
      const got = async (path: string): Promise<string> =>
        (await ask(httpsPort, protocol, { path })).body.toString().trim();
      expect(await got('/old/7/a/b?x=1')).toBe('/new/a/b/7?x=1');
      expect(await got('/q/tea?lost')).toBe('/search?q=tea');
      expect(await got('/old')).toBe('/never');
      expect(await got('/same?x=1')).toBe('/same?x=1');
    });
  });

  it('what comes out is canonical: it cannot climb, and it cannot become another host', async () => {
    const upstream = { servers: [await echo()] };
    const running = await start([
      { path: '/s/', upstream, stripPrefix: 'on' },
      { path: '/r/', upstream, rewrite: [{ match: '^/r/(.*)', to: '/a/../$1' }] },
      { path: '/up/', upstream, rewrite: [{ match: '^/up/(.*)', to: '/../../$1' }] },
      { path: '/hide/', upstream, rewrite: [{ match: '^/hide/(.*?)x(.*)', to: '/$1.$2' }] },
    ]);
    const got = async (path: string): Promise<string> => {
      const { status, body } = await ask(running.httpsPort, protocol, { path });
      return status === 200 ? (body.toString().split(' ')[0] ?? '') : String(status);
    };
    expect(await got('/s//evil.example/x')).toBe('/evil.example/x');
    expect(await got('/r/b')).toBe('/b');
    expect(await got('/up/b')).toBe('400');
    expect(await got('/hide/a/.x/b')).toBe('/b');
    expect(await got('/hide/.x;/b')).toBe('400');
    expect(running.refusals()).toEqual({ 'path-above-root': 1, 'path-ambiguous': 1 });
  });

  it('files are below what is left of the route', async () => {
    const files = directoryWith({ 'a.txt': 'a', 'b.txt': 'b' });
    const { httpsPort } = await start([
      { path: '/s/', files, stripPrefix: 'on' },
      {
        path: '/r/',
        files,
        rewrite: [
          { match: '^/r/x', to: '/r/b.txt' },
          { match: 'out', to: '/a.txt' },
        ],
      },
    ]);
    const got = async (path: string): Promise<string> => {
      const { status, body } = await ask(httpsPort, protocol, { path });
      return status === 200 ? body.toString() : String(status);
    };
    expect(await Promise.all(['/s/a.txt', '/r/x', '/r/a.txt', '/r/out'].map(got))).toEqual([
      'a',
      'b',
      'a',
      '404',
    ]);
  });

  it('an app gets the same as an upstream', async () => {
    const app = new URL('../support/probe/app.ts', import.meta.url).pathname;
    const { httpsPort } = await start([{ path: '/in/', app, stripPrefix: 'on' }]);
    const { body, fields } = await ask(httpsPort, protocol, { path: '/in/probe/echo?x' });
    expect(fieldOf(fields, 'content-type')).toContain('json');
    expect(JSON.parse(body.toString()).target).toBe('/probe/echo?x');
  });
});
