// Bodies pass through: neither 1 GB up, nor 1 GB down, nor a reader that stops takes memory with it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { growthOf } from '../support/memory.ts';
import { open } from '../support/open.ts';
import { serve, site } from '../support/tollgate.ts';

const GB = 1024 ** 3;
const APP = join(import.meta.dirname, '../../packages/backend/src/app.ts');
const MOST_MB = 64;
/** For a machine that does other things too; alone it takes seconds. */
const PATIENCE_MS = 300_000;

interface Serving {
  readonly port: number;
  readonly pid: number;
  /** `undefined` in the same process. */
  readonly backendPid: number | undefined;
}

interface Way {
  readonly name: string;
  readonly engine?: string;
}

const IN_PROCESS: Way = { name: 'in-process' };
const TCP: Way = { name: 'TCP hop by http-proxy', engine: 'http-proxy' };
const WIRE: Way = { name: 'TCP hop by wire', engine: 'wire' };

async function start({ engine }: Way): Promise<Serving> {
  const backend = engine === undefined ? undefined : await startBackend();
  const target = backend === undefined ? { app: APP } : { upstream: { servers: [backend.server], engine } };
  const running = await serve(
    site({
      'tollgate.yaml': JSON.stringify({
        listen: { https: '127.0.0.1:0', http: '127.0.0.1:0' },
        requestLog: 'off',
        limits: { body: '2GB' },
        sites: [{ hosts: '*', tls: 'self-signed', routes: [{ path: '/', ...target }] }],
      }),
    }),
  );
  return { port: running.httpsPort, pid: running.pid, backendPid: backend?.pid };
}

/** By curl, which holds nothing in memory either; gives what curl printed. */
async function curl(
  { port }: Serving,
  path: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const command = `${input ?? 'true'} | curl -sSk --fail --resolve app.test:${port}:127.0.0.1 ${args.join(' ')} 'https://app.test:${port}${path}'`;
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  return text(child.stdout);
}

const download = (serving: Serving, bytes: number, protocol: string): Promise<string> =>
  curl(serving, `/download?bytes=${bytes}`, [protocol, '-o /dev/null', `-w '%{size_download}'`]);
const upload = (serving: Serving, bytes: number, protocol: string): Promise<string> =>
  curl(serving, '/upload', [protocol, '-T -', '-X POST'], `head -c ${bytes} /dev/zero`);

describe.runIf(process.platform === 'linux')('memory of the front', () => {
  // A unix socket takes the code of TCP, http-proxy over HTTP/2 that of the first two.
  it.each([
    { way: IN_PROCESS, protocol: '--http1.1' },
    { way: IN_PROCESS, protocol: '--http2' },
    { way: TCP, protocol: '--http1.1' },
    { way: WIRE, protocol: '--http1.1' },
    { way: WIRE, protocol: '--http2' },
  ] as const)(
    '1 GB down and 1 GB up grow a fresh process by less than 64 MB: $way.name, $protocol',
    async ({ way, protocol }) => {
      const serving = await start(way);
      const grownMb = await growthOf([serving.pid], async () => {
        expect(await download(serving, GB, protocol)).toBe(String(GB));
        expect(JSON.parse(await upload(serving, GB, protocol))).toEqual({ bytes: GB });
      });
      expect(grownMb).toBeLessThan(MOST_MB);
    },
    PATIENCE_MS,
  );

  it.each([
    { way: IN_PROCESS, protocol: 'h1' },
    { way: IN_PROCESS, protocol: 'h2' },
    { way: TCP, protocol: 'h1' },
    { way: TCP, protocol: 'h2' },
    { way: WIRE, protocol: 'h1' },
  ] as const)(
    'and that of the app hold no more than buffers for a reader that stops: $way.name, $protocol',
    async ({ way, protocol }) => {
      const serving = await start(way);
      await download(serving, 1000, '--http1.1');
      const pids = serving.backendPid === undefined ? [serving.pid] : [serving.pid, serving.backendPid];
      const grownMb = await growthOf(pids, async () => {
        const { answered, leave } = open(serving.port, protocol, 'GET', `/download?bytes=${GB}`);
        expect((await answered).status).toBe(200);
        await wait(1500);
        leave();
      });
      expect(grownMb).toBeLessThan(MOST_MB);
    },
    PATIENCE_MS,
  );
});
