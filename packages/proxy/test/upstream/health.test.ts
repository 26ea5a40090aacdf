// Servers that are asked whether they are well: put out of use and back, over both engines; the checks end with their target.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttps } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HealthConfig, UpstreamConfig } from '@tollgate/core';
import { selfSigned } from '../../src/tls/selfSigned.ts';
import {
  configOf,
  plain,
  respond,
  route,
  startFront,
  temporaryDirectory,
  upstream,
  type Running,
} from '../support/front.ts';
import { exchangeRaw } from '../support/raw.ts';
import { httpUpstream, rawUpstream, type Upstream } from '../support/upstream.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

const health = (more: Partial<HealthConfig> = {}): HealthConfig => ({
  host: undefined,
  path: '/healthz',
  intervalMs: 20,
  timeoutMs: 2000,
  fall: 2,
  rise: 2,
  statuses: [[200, 399]],
  ...more,
});

interface Checked extends Upstream {
  /** What its checks are answered. */
  status: number;
  readonly checks: { host: string | undefined; agent: string | undefined }[];
}

async function checked(name: string): Promise<Checked> {
  const checks: Checked['checks'] = [];
  const made: Checked = Object.assign(
    await httpUpstream((request, response) => {
      if (request.url === '/healthz') {
        checks.push({ host: request.headers.host, agent: request.headers['user-agent'] });
        response.writeHead(made.status).end('x'.repeat(1000));
      } else response.end(name);
    }),
    { status: 200, checks },
  );
  return made;
}

const configFor = (
  servers: readonly string[],
  more: Partial<UpstreamConfig>,
): Parameters<typeof configOf>[0] =>
  plain({ routes: [route('/', upstream(servers, { health: health(), ...more }))] });

const statesOf = ({ front }: Running): string[] => front.status().upstreams.map(({ state }) => state);

const answers = async ({ httpPort }: Running, count: number): Promise<string> => {
  let all = '';
  for (let at = 0; at < count; at++) all += (await exchangeRaw(httpPort, GET)).split('\r\n\r\n')[1];
  return all;
};

describe.each(['http-proxy', 'wire'] as const)('health checks, engine %s', (engine) => {
  it('put a server out of use that fails them, and back when it passes, and say so', async () => {
    const [a, b] = [await checked('a'), await checked('b')];
    const running = await startFront(configFor([a.url, b.url], { engine }));
    expect(await answers(running, 4)).toBe('abab');
    a.status = 500;
    await expect.poll(() => statesOf(running)).toEqual(['unhealthy', 'up']);
    expect(running.front.status().upstreams[0]?.checks).toMatchObject({ fault: 'status 500' });
    expect(await answers(running, 3)).toBe('bbb');
    a.status = 204;
    await expect.poll(() => statesOf(running)).toEqual(['up', 'up']);
    expect(new Set(await answers(running, 4))).toEqual(new Set('ab'));
    const told = running.events.map(([fields, message]) => [Reflect.get(Object(fields), 'fault'), message]);
    expect(told).toEqual([
      ['status 500', 'the upstream server fails its checks and is out of use'],
      [undefined, 'the upstream server passes its checks again'],
    ]);
    expect(a.checks[0]).toEqual({ host: `127.0.0.1:${a.port}`, agent: 'tollgate-health' });
  });

  it('name the host that they are told to', async () => {
    const a = await checked('a');
    const wanted = configFor([a.url], { engine, health: health({ host: 'app.example' }) });
    await startFront(wanted);
    await expect.poll(() => a.checks[0]?.host).toBe('app.example');
  });

  it('answer 502 when no server is well, without asking any', async () => {
    const a = await checked('a');
    a.status = 404;
    const running = await startFront(configFor([a.url], { engine }));
    await expect.poll(() => statesOf(running)).toEqual(['unhealthy']);
    expect(await exchangeRaw(running.httpPort, GET)).toMatch(/^HTTP\/1\.1 502 [\s\S]*upstream-refused/);
    expect(running.front.status().upstreams[0]).toMatchObject({ requests: 0, failures: 0 });
  });

  it('bring a backup in, and let it go again', async () => {
    const [a, spare] = [await checked('a'), await checked('s')];
    const wanted = configFor([a.url, spare.url], { engine });
    const config = configOf(wanted);
    const [site] = config.sites;
    const target = site?.routes[0]?.target;
    if (site === undefined || target?.kind !== 'upstream') throw new Error('expected an upstream');
    const servers = target.upstream.servers.map((one, at) => ({ ...one, backup: at === 1 }));
    const routes = [route('/', { kind: 'upstream', upstream: { ...target.upstream, servers } })];
    const running = await startFront(wanted, { ...config, sites: [{ ...site, routes }] });
    expect(await answers(running, 2)).toBe('aa');
    a.status = 500;
    await expect.poll(() => statesOf(running)).toEqual(['unhealthy', 'up']);
    expect(await answers(running, 2)).toBe('ss');
    a.status = 200;
    await expect.poll(() => statesOf(running)).toEqual(['up', 'up']);
    expect(await answers(running, 2)).toBe('aa');
  });
});

describe('health checks', () => {
  it('fail when nobody listens, when no answer comes in time, and when it is no HTTP', async () => {
    const silent = await rawUpstream(() => undefined);
    const mute = await rawUpstream((socket) => socket.end('hello\r\n\r\n'));
    const running = await startFront(
      configFor(['http://127.0.0.1:1', silent.url, mute.url], {
        health: health({ fall: 1, timeoutMs: 100 }),
      }),
    );
    await expect.poll(() => statesOf(running)).toEqual(['unhealthy', 'unhealthy', 'unhealthy']);
    const faults = running.front.status().upstreams.map(({ checks }) => checks?.fault);
    expect(faults).toEqual([
      expect.stringContaining('ECONNREFUSED'),
      'no answer in 100 ms',
      expect.stringMatching(/Parse Error/),
    ]);
  });

  it('verify the certificate of an https server', async () => {
    const directory = temporaryDirectory();
    const { certificate, key } = await selfSigned(directory, ['backend.test']);
    const ca = join(directory, 'ca.pem');
    writeFileSync(ca, certificate);
    const server = createHttps({ cert: certificate, key }, (_request, response) => response.end());
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const trusting = await startFront(configFor([url], { ca, serverName: 'backend.test' }));
    await expect.poll(() => trusting.front.status().upstreams[0]?.checks?.passed).toBeGreaterThan(0);
    const wary = await startFront(configFor([url], {}));
    await expect.poll(() => wary.front.status().upstreams[0]?.checks?.fault).toMatch(/certificate/);
  });

  it('go on as they were over a reload that leaves the upstream alone, and end with it', async () => {
    const a = await checked('a');
    const wanted = configFor([a.url], {});
    const running = await startFront(wanted);
    a.status = 500;
    await expect.poll(() => statesOf(running)).toEqual(['unhealthy']);
    const failedBefore = running.front.status().upstreams[0]?.checks?.failed ?? 0;
    await running.front.reload({ ...running.config, logLevel: 'warn' });
    expect(statesOf(running)).toEqual(['unhealthy']);
    await expect
      .poll(() => running.front.status().upstreams[0]?.checks?.failed)
      .toBeGreaterThan(failedBefore);
    await running.front.reload(configOf(plain({ routes: [route('/', respond('gone'))] })));
    expect(running.front.status().upstreams).toEqual([]);
    // A check under way when it closed may still arrive; none begins after it.
    const sockets = await new Promise<number>((resolve) =>
      a.server.getConnections((_error, count) => resolve(count)),
    );
    const before = a.checks.length + sockets;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(a.checks.length).toBeLessThanOrEqual(before);
  });
});
