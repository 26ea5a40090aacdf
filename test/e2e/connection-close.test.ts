// The story's workload by a real wrk: a new TLS connection for every request. An answer that is closed while it still
// says keep-alive, as a proxy plugin's did, is a read error here on every request.
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { serve, site } from '../support/tollgate.ts';

const APP = join(import.meta.dirname, '../../packages/backend/src/app.ts');
const hasWrk = spawnSync('wrk', ['-v']).error === undefined;

async function startSite(engine: string | undefined): Promise<number> {
  const target =
    engine === undefined ? { app: APP } : { upstream: { servers: [(await startBackend()).server], engine } };
  const text = JSON.stringify({
    listen: { https: '127.0.0.1:0', http: '127.0.0.1:0' },
    requestLog: 'off',
    sites: [{ hosts: '*', tls: 'self-signed', routes: [{ path: '/', ...target }] }],
  });
  return (await serve(site({ 'tollgate.yaml': text }))).httpsPort;
}

// Without wrk there is nothing to say, except where the tests have installed it themselves.
describe.runIf(hasWrk || process.env['CI'] === 'true')('wrk with Connection: close', () => {
  it.each([
    ['an app in the front', undefined],
    ['an upstream by http-proxy', 'http-proxy'],
    ['an upstream by wire', 'wire'],
  ])('meets no error of any kind before %s', async (_name, engine) => {
    const port = await startSite(engine);
    const url = `https://127.0.0.1:${port}/download?bytes=1024`;
    const args = ['-t', '1', '-c', '32', '-d', '3s', '--timeout', '20s', '-H', 'Connection: close', url];
    const { stdout } = await promisify(execFile)('wrk', args);
    expect(stdout).not.toContain('Socket errors');
    expect(stdout).not.toContain('Non-2xx');
    expect(Number(/(\d+) requests in/.exec(stdout)?.[1])).toBeGreaterThan(10);
  });
});
