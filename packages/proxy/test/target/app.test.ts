// The app target: what a plugin is told, and what becomes of its errors.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plain, route, startFront, temporaryDirectory } from '../support/front.ts';
import { appTarget } from '../../src/target/app.ts';
import { exchangeRaw } from '../support/raw.ts';

function appModule(source: string): string {
  const module = join(temporaryDirectory(), 'app.mjs');
  writeFileSync(module, `export default async (app, options) => { ${source} };`);
  return module;
}

const ask = (port: number, path: string): Promise<string> =>
  exchangeRaw(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);

describe('an app in the front’s process', () => {
  it('is told that it is, and when the front had read the request', async () => {
    const module = appModule(
      `app.get('/', (request) => ({ options, start: request.headers['x-request-start'] }))`,
    );
    const { httpPort } = await startFront(plain({ routes: [route('/', { kind: 'app', module })] }));
    const [, body = ''] = (await ask(httpPort, '/')).split('\r\n\r\n');
    expect(JSON.parse(body)).toEqual({
      options: { front: 'in-process' },
      start: expect.stringMatching(/^t=\d{16}$/),
    });
  });

  it('that throws is logged with its request id, and its message does not reach the client', async () => {
    const module = appModule(`app.get('/', () => { throw new Error('password is 1234') })`);
    const { httpPort, events } = await startFront(plain({ routes: [route('/', { kind: 'app', module })] }));
    const answer = await ask(httpPort, '/');
    expect(answer).toMatch(/^HTTP\/1\.1 500 /);
    expect(answer).not.toContain('1234');
    expect(events).toContainEqual([
      {
        err: expect.objectContaining({ message: 'password is 1234' }),
        requestId: expect.any(String),
        url: '/',
      },
      'the app failed',
    ]);
  });

  it('may tell a client of the client’s own mistake', async () => {
    const module = appModule(
      `app.get('/', () => { throw Object.assign(new Error('no such tea'), { statusCode: 418 }) })`,
    );
    const { httpPort, events } = await startFront(plain({ routes: [route('/', { kind: 'app', module })] }));
    expect(await ask(httpPort, '/')).toMatch(/^HTTP\/1\.1 418 [\s\S]*no such tea/);
    expect(events).toEqual([]);
  });
});

const NO_LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('an app that never gets ready', () => {
  it.each([
    ['in its import', 'await new Promise(() => {}); export default async () => {};'],
    ['in its start', 'export default () => new Promise(() => {});'],
  ])('is given up after a time, %s', async (_where, source) => {
    const module = join(temporaryDirectory(), 'app.mjs');
    writeFileSync(module, source);
    await expect(appTarget(module, NO_LOG, 100)).rejects.toThrow(
      `app ${module}: not ready within 0.1 s: its import or its start does not end`,
    );
  });

  it('but does one day, is closed: nobody wants it any more', async () => {
    const gate = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    Object.assign(globalThis, { lateApp: { opened: gate.promise, closed: () => closed.resolve() } });
    const module = join(temporaryDirectory(), 'app.mjs');
    writeFileSync(
      module,
      `await lateApp.opened; export default async (app) => app.addHook('onClose', async () => lateApp.closed());`,
    );
    await expect(appTarget(module, NO_LOG, 100)).rejects.toThrow('not ready within');
    gate.resolve();
    await closed.promise;
  });
});
