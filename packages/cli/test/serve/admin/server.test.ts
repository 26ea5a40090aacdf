import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AdminDuties } from '../../../src/serve/admin/answers.ts';
import { openAdmin } from '../../../src/serve/admin/server.ts';
import { sendAndReset } from '../../../../proxy/test/support/resetClient.ts';

interface Answer {
  readonly status: number | undefined;
  readonly body: unknown;
}

const IDLE: AdminDuties = {
  isReady: () => true,
  status: () => Promise.resolve({}),
  metrics: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
  reload: () => Promise.resolve({ ok: true, afterRestart: [] }),
  readers: () => undefined,
  setRequestLogMode: () => Promise.resolve(),
  sampleLayers: () => Promise.resolve(),
  purge: () => Promise.resolve(0),
  live: { join: () => false },
};

type Ask = (what: string, order?: unknown) => Promise<Answer>;

async function adminWith(duties: Partial<AdminDuties>): Promise<Ask> {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-admin-'));
  const path = join(directory, 'admin.sock');
  const admin = await openAdmin(
    { kind: 'unix', path },
    {
      ...IDLE,
      ...duties,
    },
    new Map(),
  );
  onTestFinished(() => {
    admin.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return (what, order) => {
    const [method = '', target = ''] = what.split(' ');
    const headers = { host: 'localhost', ...(order !== undefined && { 'content-type': 'application/json' }) };
    return new Promise((resolve, reject) => {
      const asking = request({ socketPath: path, method, path: target, headers });
      asking.on('error', reject);
      asking.on('response', (response) => {
        void json(response).then((body) => resolve({ status: response.statusCode, body }));
      });
      asking.end(order === undefined ? undefined : JSON.stringify(order));
    });
  };
}

describe('the admin listener', () => {
  it('is alive as long as it answers, and ready until it drains', async () => {
    let ready = true;
    const ask = await adminWith({ isReady: () => ready });
    expect((await ask('GET /healthz')).status).toBe(200);
    expect((await ask('GET /readyz')).status).toBe(200);
    ready = false;
    expect(await ask('GET /readyz')).toEqual({ status: 503, body: { status: 'draining' } });
    expect((await ask('GET /healthz')).status).toBe(200);
  });

  it('waits for the outcome of a reload and hands its errors on', async () => {
    const errors = ['tollgate.yaml:3:1: sites: expected a list, got a string'];
    const ask = await adminWith({
      reload: () => Promise.resolve({ ok: false, reason: 'configuration', errors }),
    });
    expect(await ask('POST /reload')).toEqual({
      status: 422,
      body: { ok: false, reason: 'configuration', errors },
    });
  });

  it('changes nothing on a GET', async () => {
    let reloads = 0;
    const ask = await adminWith({
      reload: () => {
        reloads += 1;
        return Promise.resolve({ ok: true, afterRestart: [] });
      },
    });
    expect((await ask('GET /reload')).status).toBe(404);
    expect((await ask('POST /status')).status).toBe(404);
    expect(reloads).toBe(0);
  });

  it('has the caches forget what an order names, spelled as they spell it', async () => {
    const orders: unknown[] = [];
    const ask = await adminWith({
      purge: (purge) => {
        orders.push(purge);
        return Promise.resolve(7);
      },
    });
    for (const order of [
      { address: 'HTTPS://App.Test:443/a/../b?c#d' },
      { prefix: 'http://app.test:8080/news/' },
      { everything: true },
    ]) {
      expect(await ask('POST /purge', order)).toEqual({ status: 200, body: { purged: 7 } });
    }
    expect(orders).toEqual([
      { kind: 'address', url: 'https://app.test/b?c' },
      { kind: 'prefix', url: 'http://app.test:8080/news/' },
      { kind: 'everything' },
    ]);
  });

  it.each([
    [{}],
    [{ everything: false }],
    [{ everything: true, address: 'https://app.test/' }],
    [{ prefix: '/news/' }],
    [{ prefix: 'ftp://app.test/' }],
    [{ address: 1 }],
    [{ all: true }],
    [undefined],
  ])('takes %j for no order to the caches', async (order) => {
    const ask = await adminWith({ purge: () => Promise.reject(new Error('asked all the same')) });
    expect((await ask('POST /purge', order)).status).toBe(400);
  });

  it('takes no order over a connection that has been reset for one of a unix socket', async () => {
    let reloads = 0;
    const reload = async () => {
      reloads += 1;
      return { ok: true, afterRestart: [] } as const;
    };
    const at = { kind: 'tcp', address: '127.0.0.1', port: 0 } as const;
    const admin = await openAdmin(at, { ...IDLE, reload }, new Map());
    onTestFinished(() => admin.close());
    const order = 'POST /reload HTTP/1.1\r\nHost: evil.test\r\nContent-Length: 0\r\n\r\n';
    sendAndReset(Number(new URL(admin.at).port), order);
    // Accepted after it, on the same listener.
    expect((await fetch(`${admin.at}/healthz`)).status).toBe(200);
    expect(reloads).toBe(0);
  });

  it('goes on after a duty that fails', async () => {
    const ask = await adminWith({ status: () => Promise.reject(new Error('broken')) });
    expect(await ask('GET /status')).toEqual({ status: 500, body: { error: 'broken' } });
    expect((await ask('GET /healthz')).status).toBe(200);
  });

  it('on a busy port says what to do', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void holder.close());
    const bound = holder.address();
    const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
    await expect(openAdmin({ kind: 'tcp', address: '127.0.0.1', port }, IDLE, new Map())).rejects.toThrow(
      `http://127.0.0.1:${port} is in use: is another tollgate running?`,
    );
  });
});
