// `auth`: names and passwords with a real client and hashes of the real htpasswd; another service that decides.
import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { rawConnectTls } from '../../packages/proxy/test/support/raw.ts';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask, fieldOf } from '../support/ask.ts';
import { HOST } from '../support/ways.ts';
import { directoryWith, PROTOCOLS, start, valuesOf } from './start.ts';

const run = promisify(execFile);

const htpasswd = async (name: string, password: string): Promise<string> =>
  (await run('htpasswd', ['-nbB', '-C', '4', name, password])).stdout.trim();

describe.each(PROTOCOLS)('basic, %s', (protocol) => {
  it('lets in who knows a password, and asks all others', async () => {
    const users = directoryWith({
      users: `# ours\n${await htpasswd('ann', 'sécret:x')}\n\n${await htpasswd('bob', 'b')}\n`,
    });
    const { httpsPort, refusals } = await start([
      {
        path: '/',
        respond: { body: 'in' },
        auth: { basic: { realm: 'Staff only', file: `${users}/users` } },
      },
      { path: '/open', respond: { body: 'open' }, auth: 'off' },
    ]);
    const statusOf = async (given?: string): Promise<number> => {
      const fields =
        given === undefined ? {} : { authorization: `Basic ${Buffer.from(given).toString('base64')}` };
      return (await ask(httpsPort, protocol, { path: '/', fields })).status;
    };
    const asked = await ask(httpsPort, protocol, { path: '/' });
    expect([asked.status, fieldOf(asked.fields, 'www-authenticate')]).toEqual([
      401,
      'Basic realm="Staff only", charset="UTF-8"',
    ]);
    const given = [
      'ann:sécret:x',
      'bob:b',
      'ann:sécret:x',
      'ann:b',
      'eve:b',
      'ann:',
      ':',
      'ann',
      'ann:sécret:x\0',
    ];
    const statuses: number[] = [];
    for (const one of given) statuses.push(await statusOf(one));
    expect(statuses).toEqual([200, 200, 200, 401, 401, 401, 401, 401, 401]);
    expect(refusals()).toEqual({ 'credentials-missing': 3, 'credentials-wrong': 4 });
    expect((await ask(httpsPort, protocol, { path: '/open' })).body.toString()).toBe('open');
  });

  it('curl gets in', async () => {
    const [name = '', hash = ''] = (await htpasswd('ann', 'secret')).split(':');
    const { httpsPort } = await start([{ path: '/', respond: { body: 'in' } }], {
      auth: { basic: { users: { [name]: hash } } },
    });
    const curl = async (user: string): Promise<string> =>
      (
        await run('curl', [
          '-sk',
          protocol === 'h2' ? '--http2' : '--http1.1',
          '--resolve',
          `${HOST}:${httpsPort}:127.0.0.1`,
          '-u',
          user,
          '-w',
          ' %{http_code}',
          `https://${HOST}:${httpsPort}/`,
        ])
      ).stdout;
    expect(await curl('ann:secret')).toBe('in 200');
    expect(await curl('ann:other')).toMatch(/\(credentials-wrong\)\n 401$/);
  });
});

describe.each(PROTOCOLS)('forward, %s', (protocol) => {
  const service = async (): Promise<{ url: string; seen: IncomingMessage[] }> => {
    const seen: IncomingMessage[] = [];
    const { url } = await httpUpstream((request, answer) => {
      seen.push(request);
      const { cookie = '' } = request.headers;
      if (cookie === 'signed-in') answer.writeHead(204, { 'X-User': 'ann', 'X-Other': '1' }).end();
      else if (cookie === 'nameless') answer.writeHead(200).end('fine');
      else if (cookie === 'silent') return;
      else if (cookie === 'huge') answer.writeHead(401).end(Buffer.alloc(300_000));
      else if (cookie === 'broken')
        answer.writeHead(401, { 'content-length': '10' }).write('half', () => answer.destroy());
      else
        answer
          .writeHead(302, { Location: 'https://login.example/', 'Set-Cookie': ['a=1', 'b=2'] })
          .end('sign in');
    });
    return { url: `${url}/verify?x=1`, seen };
  };

  it.each(['wire', 'http-proxy'])(
    'lets pass what the service lets pass, and hands its fields on (%s)',
    async (engine) => {
      const { url, seen } = await service();
      const upstream = await httpUpstream((request, answer) => answer.end(JSON.stringify(request.headers)));
      const { httpsPort } = await start([
        {
          path: '/',
          upstream: { servers: [upstream.url], engine },
          auth: { forward: { url, copy: ['X-User'] } },
        },
      ]);
      const got = async (cookie: string): Promise<Record<string, string>> => {
        const fields = { cookie, 'x-user': 'forged', range: 'bytes=0-1' };
        return JSON.parse(
          (
            await ask(httpsPort, protocol, { path: '/a?b', method: 'POST', body: 'body', fields })
          ).body.toString(),
        );
      };
      expect(await got('signed-in')).toMatchObject({ 'x-user': 'ann', cookie: 'signed-in' });
      expect(await got('signed-in')).not.toHaveProperty('x-other');
      expect(await got('nameless')).not.toHaveProperty('x-user');
      const [first] = seen;
      expect([first?.method, first?.url]).toEqual(['GET', '/verify?x=1']);
      expect(first?.headers).toMatchObject({
        host: new URL(url).host,
        'x-forwarded-method': 'POST',
        'x-forwarded-uri': '/a?b',
        'x-forwarded-host': HOST,
        'x-forwarded-for': '127.0.0.1',
      });
      expect(first?.headers).not.toHaveProperty('content-length');
      expect(first?.headers).not.toHaveProperty('range');
    },
  );

  it('gives any other answer to the client', async () => {
    const { url } = await service();
    const { httpsPort } = await start([{ path: '/', respond: { body: 'in' }, auth: { forward: { url } } }]);
    const { status, fields, body } = await ask(httpsPort, protocol, { path: '/' });
    expect([status, body.toString(), fieldOf(fields, 'location')]).toEqual([
      302,
      'sign in',
      'https://login.example/',
    ]);
    expect(valuesOf(fields, 'set-cookie')).toEqual(['a=1', 'b=2']);
  });

  it('lets nobody pass when it is away, silent, broken or too long', async () => {
    const { url } = await service();
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const address = closed.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((resolve) => closed.close(resolve));
    const { httpsPort, refusals } = await start([
      { path: '/', respond: { body: 'in' }, auth: { forward: { url, timeout: '300ms' } } },
      { path: '/away', respond: { body: 'in' }, auth: { forward: { url: `http://127.0.0.1:${port}/` } } },
    ]);
    const statuses = await Promise.all(
      ['silent', 'huge', 'broken'].map(
        async (cookie) => (await ask(httpsPort, protocol, { path: '/', fields: { cookie } })).status,
      ),
    );
    expect([...statuses, (await ask(httpsPort, protocol, { path: '/away' })).status]).toEqual([
      503, 503, 503, 503,
    ]);
    expect(refusals()).toEqual({ 'auth-unavailable': 4 });
  });
});

it.each(['basic', 'forward'])('%s refuses a request that says twice who it is from', async (kind) => {
  const { url } = await httpUpstream((_request, response) => response.end());
  const [name = '', hash = ''] = (await htpasswd('low', 'pw')).split(':');
  const auth = kind === 'basic' ? { basic: { users: { [name]: hash } } } : { forward: { url } };
  const { httpsPort } = await start([{ path: '/', respond: { body: 'in' }, auth }]);
  const [low, admin] = ['low:pw', 'admin:x'].map((given) => `Basic ${Buffer.from(given).toString('base64')}`);
  const client = rawConnectTls(httpsPort);
  client.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: ${low}\r\nAuthorization: ${admin}\r\n\r\n`);
  expect(await client.until((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 400 /);
});
