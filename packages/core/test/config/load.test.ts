import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema, loadAdminAddress, loadConfig, type Config } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { directoryWith, load, problemsIn, problemsOf, routes, SITE } from './support.ts';

describe('a configuration', () => {
  it('is complete, frozen, and has every default from one place', () => {
    const { config, warnings } = load(SITE);
    expect(warnings).toEqual([]);
    expect(config).toEqual<Config>({
      file: '/nowhere/t.yaml',
      listen: [
        { scheme: 'https', address: { kind: 'tcp', address: '::', port: 443 } },
        { scheme: 'http', address: { kind: 'tcp', address: '::', port: 80 } },
      ],
      admin: undefined,
      acme: undefined,
      workers: 1,
      proxyProtocol: false,
      trustedProxies: [],
      logLevel: 'info',
      requestLog: { mode: 'on', to: 'stdout', format: 'json', slowMs: 1000, busyDelayMs: 50 },
      stateDirectory: '/nowhere/.tollgate',
      sheddingDelayMs: undefined,
      redis: undefined,
      limits: {
        headerBytes: 16_384,
        headerCount: 100,
        targetBytes: 8192,
        bodyBytes: 10_485_760,
        bodyBytesPerSecond: 500,
        downloadBytesPerSecond: 0,
        requestsPerConnection: 1000,
        connections: 20_000,
        connectionsPerAddress: Number.MAX_SAFE_INTEGER,
        h2Streams: 100,
        h2HeaderListBytes: 32_768,
        h2ResetsPer10s: 200,
      },
      timeouts: {
        tlsHandshakeMs: 10_000,
        requestHeaderMs: 10_000,
        bodyIdleMs: 30_000,
        responseIdleMs: 60_000,
        keepAliveMs: 75_000,
        upstreamConnectMs: 3000,
        upstreamHeaderMs: 60_000,
        upstreamIdleMs: 4000,
        tunnelIdleMs: 3_600_000,
        drainMs: 30_000,
      },
      sites: [
        {
          hosts: ['*'],
          tls: { kind: 'self-signed' },
          routes: [
            {
              path: '/',
              target: { kind: 'respond', status: 200, headers: [], body: '' },
              bodyBytes: 10_485_760,
              policy: {},
            },
          ],
        },
      ],
      firewall: {
        ssh: { port: 22, from: ['any'] },
        connectionTracking: 'web-untracked',
        extra: [],
        synPerSecond: undefined,
        dhcp: true,
        quic: false,
      },
    });
    expect(Object.isFrozen(config.sites[0]?.routes[0]?.target)).toBe(true);
  });

  it('may be JSON', () => {
    expect(
      load(JSON.stringify({ sites: [{ hosts: ['a.b'], routes: [{ path: '/', redirect: '/x' }] }] })),
    ).toBeDefined();
  });

  it('a port of the admin listener is one of loopback, and who else reads /metrics is written out', () => {
    const adminOf = (admin: string): unknown => load(`admin: ${admin}\n${SITE}`).config.admin;
    const loopback = { address: { kind: 'tcp', address: '127.0.0.1', port: 9901 }, metrics: undefined };
    expect(adminOf('9901')).toEqual(loopback);
    expect(adminOf('{ listen: 9901 }')).toEqual(loopback);
    expect(adminOf("'[::]:9901'")).toMatchObject({ address: { address: '::' } });
    expect(adminOf('unix:./a.sock')).toEqual({
      address: { kind: 'unix', path: '/nowhere/a.sock' },
      metrics: undefined,
    });
    expect(adminOf('{ listen: 9901, metrics: { from: 10.0.0.0/8, hosts: WEB1.internal } }')).toMatchObject({
      metrics: { from: ['10.0.0.0/8'], hosts: ['web1.internal'] },
    });
  });

  it('reads on, off, yes and no as the words they are', () => {
    expect(load(`requestLog: off\n${SITE}`).config.requestLog.mode).toBe('off');
    expect(load(`requestLog: { mode: on }\nadmin: off\n${SITE}`).config).toMatchObject({ admin: undefined });
    expect(load(`firewall: { quic: on, dhcp: no }\n${SITE}`).config.firewall).toMatchObject({
      quic: true,
      dhcp: false,
    });
  });

  it('resolves its paths beside itself', () => {
    const directory = directoryWith({ 'app.ts': '', 'public/index.html': '' });
    const text = `listen: { http: 'unix:run/web.sock' }
stateDirectory: state
requestLog: { to: access.log }
${routes('{ path: /, app: ./app.ts }', '{ path: /a/, files: public }', "{ path: /b/, upstream: 'unix:app.sock' }")}`;
    const { config } = load(text, { directory });
    expect(config.listen[0]?.address).toEqual({ kind: 'unix', path: join(directory, 'run/web.sock') });
    expect(config.stateDirectory).toBe(join(directory, 'state'));
    expect(config.requestLog.to).toEqual({ file: join(directory, 'access.log') });
    expect(config.sites[0]?.routes.map(({ target }) => target)).toMatchObject([
      { kind: 'app', module: join(directory, 'app.ts') },
      { kind: 'files', files: { directory: join(directory, 'public'), index: ['index.html'] } },
      {
        kind: 'upstream',
        upstream: { servers: [{ address: { kind: 'unix', path: join(directory, 'app.sock') } }] },
      },
    ]);
  });

  it('follows the state directory of systemd, unless it names its own', () => {
    const env = { STATE_DIRECTORY: '/var/lib/tollgate:/var/lib/other' };
    expect(load(SITE, { env }).config.stateDirectory).toBe('/var/lib/tollgate');
    expect(load(`stateDirectory: mine\n${SITE}`, { env }).config.stateDirectory).toBe('/nowhere/mine');
  });
});

describe('flag, then environment, then file, then default', () => {
  const text = `listen: { https: 1443, http: [1080, 1081] }\nrequestLog: { mode: errors, format: combined }\nworkers: 2\n${SITE}`;

  it('each wins over the next', () => {
    const env = {
      REQUEST_LOG: 'auto',
      REQUEST_LOG_FORMAT: 'json',
      WORKERS: 'auto',
      HTTP_PORT: '127.0.0.1:8080',
    };
    const { config } = load(text, { env, flags: { requestLog: 'off', httpsPort: '0', logLevel: 'debug' } });
    expect(config.requestLog).toMatchObject({ mode: 'off', format: 'json' });
    expect(config).toMatchObject({ workers: 'auto', logLevel: 'debug' });
    expect(config.listen).toEqual([
      { scheme: 'https', address: { kind: 'tcp', address: '::', port: 0 } },
      { scheme: 'http', address: { kind: 'tcp', address: '127.0.0.1', port: 8080 } },
    ]);
  });

  it('an empty variable says nothing', () => {
    expect(load(text, { env: { REQUEST_LOG: '', WORKERS: '' } }).config).toMatchObject({
      workers: 2,
      requestLog: { mode: 'errors' },
    });
  });

  it('each mistake is named by where it was made', () => {
    const env = { REQUEST_LOG: 'maybe', REQUEST_LOG_TO: '/nowhere/x.log', LOG_LEVEL: 'loud', WORKERS: '0' };
    expect(problemsOf(text, { env, flags: { httpsPort: '84433', requestLogFormat: 'xml' } })).toEqual([
      'REQUEST_LOG: expected off, on, errors or auto, got "maybe"',
      'REQUEST_LOG_TO: expected stdout, journald or a file, got "./x.log" (there is no .)',
      '--request-log-format: expected json or combined, got "xml"',
      'LOG_LEVEL: expected trace, debug, info, warn, error, fatal or silent, got "loud"',
      '--https-port: expected a port (1-65535) or address:port, got "84433"',
      'WORKERS: expected a whole number from 1 to 1024, got "0"',
    ]);
  });
});

describe('a configuration file', () => {
  it('is found by flag, then TOLLGATE_CONFIG', () => {
    const directory = directoryWith({ 'a.yaml': SITE, 'b.yaml': `workers: 3\n${SITE}` });
    const env = { TOLLGATE_CONFIG: join(directory, 'b.yaml') };
    expect(loadConfig({ env }).config.workers).toBe(3);
    expect(loadConfig({ env, file: join(directory, 'a.yaml') }).config).toMatchObject({
      workers: 1,
      file: join(directory, 'a.yaml'),
    });
  });

  it('that cannot be read is said so', () => {
    const directory = directoryWith({ 'big.yaml': '#'.repeat(2_000_000) });
    const messageOf = (file: string): string | undefined =>
      problemsIn(() => loadConfig({ file: join(directory, file) }))[0]?.message.replace(directory, '.');
    expect(messageOf('none.yaml')).toBe(
      'expected a readable configuration file, got "./none.yaml" (there is no such file)',
    );
    expect(messageOf('.')).toMatch(/\(it is a directory\)$/);
    expect(messageOf('big.yaml')).toMatch(/\(it is larger than 1 MB\)$/);
  });
});

describe('the JSON Schema', () => {
  const schema = JSON.stringify(configJsonSchema());

  it('names every key, describes it and gives its default', () => {
    expect(schema).toContain('"requestHeader":{"description":"From the first byte of a request');
    expect(schema).toContain('"default":"16KB"');
    expect(missingDescriptions(configJsonSchema())).toEqual([]);
  });

  it('has the sites in full', () => {
    expect(schema).toContain('"keepAliveSockets"');
  });
});

/** Paths of properties without a description. */
function missingDescriptions(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    const inner = missingDescriptions(value, `${path}/${key}`);
    if (!path.endsWith('/properties')) return inner;
    return typeof value === 'object' && 'description' in value ? inner : [`${path}/${key}`, ...inner];
  });
}

describe('the file of the request log', () => {
  const to = (path: string): string => `requestLog: { to: ${path} }\n${SITE}`;

  it('regression: is no named pipe, which would be waited for when it is opened', () => {
    const directory = directoryWith();
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    expect(problemsOf(to('pipe'), { directory })).toEqual([
      't.yaml:1:19: requestLog.to: expected stdout, journald or a file, got "pipe" (./pipe is a named pipe and no regular file)',
    ]);
    expect(problemsOf(SITE, { directory, env: { REQUEST_LOG_TO: join(directory, 'pipe') } })[0]).toContain(
      'is a named pipe',
    );
  });

  it('is no directory', () => {
    expect(problemsOf(to('.'), { directory: directoryWith() })[0]).toContain('is a directory');
  });

  it('may be a link to a file, and need not be there', () => {
    const directory = directoryWith({ 'access.log': '' });
    symlinkSync('access.log', join(directory, 'link.log'));
    expect(problemsOf(to('link.log'), { directory })).toEqual([]);
    expect(problemsOf(to('new.log'), { directory })).toEqual([]);
  });
});

describe('the admin address alone', () => {
  const file = (text: string): string => join(directoryWith({ 't.yaml': text }), 't.yaml');
  const secured =
    'sites: [{ hosts: "*", tls: { certificate: no.pem, key: no.key }, routes: [{ path: /, respond: {} }] }]';

  it('is read without a look at the files that the configuration names', () => {
    expect(loadAdminAddress({ file: file(`admin: 9901\n${secured}`) })).toEqual({
      kind: 'tcp',
      address: '127.0.0.1',
      port: 9901,
    });
    expect(loadAdminAddress({ file: file(secured) })).toBeUndefined();
  });

  it('starts from the directory of the file when it is a socket', () => {
    const at = file(`admin: unix:./a.sock\n${SITE}`);
    expect(loadAdminAddress({ file: at })).toEqual({ kind: 'unix', path: at.replace('t.yaml', 'a.sock') });
  });

  it('is not given out of a text with mistakes: all are told, those of files too', () => {
    const text = `admin: 9901\nworkes: 1\n${secured}`;
    expect(problemsIn(() => loadAdminAddress({ file: file(text) })).map(({ path }) => path)).toEqual([
      'workes',
      'sites[0].tls.certificate',
      'sites[0].tls.key',
    ]);
  });
});
