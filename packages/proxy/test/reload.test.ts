// Reloads and the end: what runs goes on, what fails changes nothing, what is left is closed.
import { once } from 'node:events';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectH2, type ClientHttp2Session } from 'node:http2';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Config, TargetConfig } from '@tollgate/core';
import {
  newFront,
  plain,
  respond,
  route,
  startFront,
  temporaryDirectory,
  upstream,
  type Running,
} from './support/front.ts';
import { exchangeRaw, rawConnect, rawConnectTls } from './support/raw.ts';
import { httpUpstream } from './support/upstream.ts';

const APP = join(import.meta.dirname, 'support/echoApp.ts');

const withRoutes = (config: Config, ...routes: ReturnType<typeof route>[]): Config => ({
  ...config,
  sites: config.sites.map((site) => ({ ...site, routes })),
});

const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;

interface Load {
  readonly done: Promise<void>;
  readonly failures: string[];
  answered: number;
  stop: boolean;
}

/** Keep-alive clients over h1 and h2, each asking again as soon as it is answered. */
function load(port: number, clients: number): Load {
  const state: Load = { done: Promise.resolve(), failures: [], answered: 0, stop: false };
  const agent = new Agent({ keepAlive: true, maxSockets: clients, rejectUnauthorized: false });
  const ask = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = httpsRequest({ host: '127.0.0.1', port, path: '/x', agent }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
        answer.on('error', reject);
      });
      asked.on('error', reject);
      asked.end();
    });
  let session: ClientHttp2Session = connectH2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const askH2 = async (): Promise<number> => {
    if (session.closed) session = connectH2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    const stream = session.request({ ':path': '/x' });
    const [headers] = await once(stream, 'response');
    stream.resume();
    await once(stream, 'close');
    return headers[':status'];
  };
  const run = async (name: string, one: () => Promise<number>): Promise<void> => {
    while (!state.stop) {
      try {
        const status = await one();
        if (status === 200) state.answered += 1;
        else state.failures.push(`${name}: ${status}`);
      } catch (error) {
        state.failures.push(`${name}: ${String(error)}`);
      }
    }
  };
  const runs = Array.from({ length: clients }, (_, at) => (at % 2 === 0 ? run('h1', ask) : run('h2', askH2)));
  onTestFinished(() => {
    agent.destroy();
    session.destroy();
  });
  return Object.assign(state, { done: Promise.all(runs).then(() => undefined) });
}

describe('reload', () => {
  it('100 times under load loses no request, of an app, an upstream or a prepared answer', async () => {
    const { url } = await httpUpstream((_request, response) => response.end('from upstream\n'));
    const targets: TargetConfig[] = [
      { kind: 'app', module: APP },
      upstream([url]),
      upstream([url], { maxFails: 5 }),
      upstream([url], { engine: 'wire' }),
      respond('prepared\n'),
    ];
    const running = await startFront({
      routes: [route('/', respond('first\n'))],
      limits: { requestsPerConnection: 1_000_000 },
    });
    const loaded = load(running.httpsPort, 8);
    for (let count = 0; count < 100; count++) {
      const target = targets[count % targets.length] ?? respond('');
      await running.front.reload(withRoutes(running.config, route('/', target)));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    loaded.stop = true;
    await loaded.done;
    expect(loaded.failures).toEqual([]);
    expect(loaded.answered).toBeGreaterThan(100);
    expect(running.front.status()).toMatchObject({ generation: 101, activeRequests: 0 });
  }, 120_000);

  it('answers with the new table from the next request on, on open connections, too', async () => {
    const running = await startFront(plain({ routes: [route('/', { kind: 'app', module: APP })] }));
    const client = rawConnect(running.httpPort);
    client.write('GET /one HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until((text) => text.includes('"/one"'));
    await running.front.reload(withRoutes(running.config, route('/', respond('new\n'))));
    client.write(get('/two'));
    expect(await client.untilClosed()).toMatch(/new\n$/);
  });

  it('lets what is under way end with what it began with', async () => {
    const running = await startFront(plain({ routes: [route('/', { kind: 'app', module: APP })] }));
    const client = rawConnect(running.httpPort);
    client.write(get('/slow?ms=300'));
    await expect.poll(() => running.front.status().activeRequests).toBe(1);
    await running.front.reload(withRoutes(running.config, route('/', respond('new\n'))));
    expect(await client.untilClosed()).toMatch(/slow\n$/);
  });

  it('keeps what runs, and says why, when an app cannot be loaded or a port is in use', async () => {
    const running = await startFront(plain());
    const bad = (target: TargetConfig): Promise<void> =>
      running.front.reload(withRoutes(running.config, route('/', target)));
    await expect(bad({ kind: 'app', module: '/nowhere/app.ts' })).rejects.toThrow(
      /app \/nowhere\/app\.ts: cannot be loaded/,
    );
    const busy = await httpUpstream(() => undefined);
    const listen = [
      ...running.config.listen,
      { scheme: 'http' as const, address: { kind: 'tcp' as const, address: '127.0.0.1', port: busy.port } },
    ];
    await expect(running.front.reload({ ...running.config, listen })).rejects.toThrow(
      /is in use; stop the other server/,
    );
    expect(await exchangeRaw(running.httpPort, get())).toMatch(/hello\n$/);
    expect(running.front.status()).toMatchObject({ generation: 1, state: 'serving' });
  });

  it('opens and closes listeners, and keeps the connections of those it closes', async () => {
    const running = await startFront(plain({ routes: [route('/', { kind: 'app', module: APP })] }));
    const client = rawConnect(running.httpPort);
    client.write('GET /one HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until((text) => text.includes('"/one"'));
    const { port } = await freePort();
    await running.front.reload({
      ...running.config,
      listen: [{ scheme: 'http', address: { kind: 'tcp', address: '127.0.0.1', port } }],
    });
    expect(await exchangeRaw(port, get('/two'))).toContain('"/two"');
    client.write(get('/three'));
    expect(await client.untilClosed()).toContain('"/three"');
    const refused = rawConnect(running.httpPort);
    expect(await refused.untilClosed()).toBe('');
  });

  it('closes an app that no route wants any more, once its last exchange is over, and only then', async () => {
    const running = await startFront(plain({ routes: [route('/', { kind: 'app', module: APP })] }));
    const { sites } = running.config;
    await running.front.reload({ ...running.config, sites: [...sites] });
    expect(await exchangeRaw(running.httpPort, get('/x'))).toContain('"/x"');
    const slow = rawConnect(running.httpPort);
    slow.write(get('/slow?ms=200'));
    await expect.poll(() => running.front.status().activeRequests).toBe(1);
    await running.front.reload(withRoutes(running.config, route('/', respond('gone\n'))));
    expect(await slow.untilClosed()).toMatch(/slow\n$/);
    await running.front.close();
    expect(running.events).toEqual([]);
  });
});

describe('drain', () => {
  const appFront = (drainMs: number): Promise<Running> =>
    startFront({ routes: [route('/', { kind: 'app', module: APP })], timeouts: { drainMs } });

  it('lets requests end with Connection: close, closes idle connections, and accepts no more', async () => {
    const { front, httpPort } = await startFront(
      plain({ routes: [route('/', { kind: 'app', module: APP })], timeouts: { drainMs: 5000 } }),
    );
    const idle = rawConnect(httpPort);
    idle.write('GET /one HTTP/1.1\r\nHost: a\r\n\r\n');
    await idle.until((text) => text.includes('"/one"'));
    const busy = rawConnect(httpPort);
    busy.write('GET /slow?ms=300 HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(() => front.status().activeRequests).toBe(1);
    const drained = front.drain();
    await idle.untilClosed();
    expect(await busy.untilClosed()).toMatch(/Connection: close\r\n[\s\S]*slow\n$/i);
    await drained;
    expect(front.status()).toMatchObject({ state: 'draining', connections: 0, activeRequests: 0 });
    expect(await rawConnect(httpPort).untilClosed()).toBe('');
  });

  it('does not wait for connections that have not asked for anything', async () => {
    const { front, httpPort, httpsPort } = await startFront({
      routes: [route('/', { kind: 'app', module: APP })],
      timeouts: { drainMs: 60_000, requestHeaderMs: 60_000 },
    });
    const unused = [rawConnect(httpPort), rawConnectTls(httpsPort)];
    await expect.poll(() => front.status().connections).toBe(2);
    await front.drain();
    for (const client of unused) expect(await client.untilClosed()).toBe('');
  });

  it('tells h2 clients to go, and lets their streams end', async () => {
    const { front, httpsPort } = await appFront(5000);
    const session = connectH2(`https://127.0.0.1:${httpsPort}`, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/slow?ms=300' });
    await expect.poll(() => front.status().activeRequests).toBe(1);
    const goaway = once(session, 'goaway');
    const drained = front.drain();
    expect((await goaway)[0]).toBe(0);
    const [headers] = await once(stream, 'response');
    expect(headers[':status']).toBe(200);
    stream.resume();
    await once(session, 'close');
    await drained;
  });

  it('cuts what is left after its time', async () => {
    const { front, httpsPort, record } = await appFront(200);
    const session = connectH2(`https://127.0.0.1:${httpsPort}`, { rejectUnauthorized: false });
    session.on('error', () => undefined);
    onTestFinished(() => session.destroy());
    session.request({ ':path': '/slow?ms=20000' }).on('error', () => undefined);
    await expect.poll(() => front.status().activeRequests).toBe(1);
    await front.drain();
    expect(front.status().connections).toBe(0);
    expect(await record()).toMatchObject({ status: 499 });
  });

  it('close is idempotent, also during a drain and before listen', async () => {
    const { front } = await appFront(10_000);
    void front.drain();
    await front.close();
    await front.close();
    expect(front.status().state).toBe('closed');
    await expect(front.reload((await startFront()).config)).rejects.toThrow(
      /expected a front that is serving/,
    );
  });
});

interface LateApp {
  readonly target: TargetConfig;
  readonly imported: Promise<void>;
  readonly closed: Promise<void>;
  letGo(): void;
}

/** Its import waits until it is let go on. */
function lateApp(): LateApp {
  const imported = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const told = { imported: imported.resolve, opened: gate.promise, closed: closed.resolve };
  Object.assign(globalThis, { lateApp: told });
  const module = join(temporaryDirectory(), 'app.mjs');
  writeFileSync(
    module,
    `lateApp.imported(); await lateApp.opened;
    export default async (app) => app.addHook('onClose', async () => lateApp.closed());`,
  );
  return {
    target: { kind: 'app', module },
    imported: imported.promise,
    closed: closed.promise,
    letGo: gate.resolve,
  };
}

describe('while an app does not get ready', () => {
  it('a drain does not wait for the reload, which changes nothing any more', async () => {
    const { front, config, httpPort } = await startFront(plain());
    const { target, imported, letGo, closed } = lateApp();
    const reloaded = front.reload(withRoutes(config, route('/', target)));
    await imported;
    await front.drain();
    expect(await rawConnect(httpPort).untilClosed()).toBe('');
    letGo();
    await expect(reloaded).rejects.toThrow('the front is ending');
    await closed;
    expect(front.status()).toMatchObject({ state: 'draining', generation: 1, listening: [] });
  });

  it('nor does a close, and the app is closed when it comes after all', async () => {
    const { front, config } = await startFront(plain());
    const { target, imported, letGo, closed } = lateApp();
    const reloaded = front.reload(withRoutes(config, route('/', target)));
    await imported;
    await front.close();
    letGo();
    await expect(reloaded).rejects.toThrow('the front is ending');
    await closed;
  });

  it.each(['drain', 'close'] as const)('a %s ends the start, and nothing is listened on', async (end) => {
    const { target, imported, letGo, closed } = lateApp();
    const front = newFront(plain({ routes: [route('/', target)] }));
    const started = front.listen();
    await imported;
    await front[end]();
    letGo();
    await expect(started).rejects.toThrow('the front is ending');
    await closed;
    expect(front.status().listening).toEqual([]);
  });
});

async function freePort(): Promise<{ port: number }> {
  const { server, port } = await httpUpstream(() => undefined);
  server.close();
  await once(server, 'close');
  return { port };
}
