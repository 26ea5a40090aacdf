// The public suite `http-cache-tests` (cache-tests.fyi), run as it is: its own origin in a process of its own, its own
// client here, and whatever cache is between them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';

const require = createRequire(import.meta.url);
const ROOT = dirname(require.resolve('http-cache-tests/package.json'));
const file = (path: string): string => join(ROOT, path);

/** What the suite says of one test: that it passed, or what went wrong. */
type Outcome = true | readonly [kind: string, message: string];

interface Runner {
  runTests(tests: unknown, fetch: unknown, isBrowser: boolean, base: string, atOnce: number): Promise<void>;
  getResults(): Record<string, Outcome>;
}

/** Most tests wait three seconds for an answer to become stale: all of them at once. */
const AT_ONCE = 1000;

/** Requests of all tests together. */
const UNDER_WAY = 16;

interface Init {
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/**
 * What a test has kept for two seconds must be asked for again before: the further a test has got, the sooner it is its
 * turn, however slow the machine is with all the others.
 */
function urgency(url: string, { headers = [] }: Init): number {
  if (url.includes('/state/')) return Number.POSITIVE_INFINITY;
  return Number(headers.find(([name]) => name === 'Req-Num')?.[1] ?? 0);
}

class Queue {
  readonly #waiting: { readonly urgency: number; readonly go: () => void }[] = [];
  #underWay = 0;

  async run<T>(urgency: number, ask: () => Promise<T>): Promise<T> {
    if (this.#underWay >= UNDER_WAY) {
      await new Promise<void>((resolve) => {
        this.#waiting.push({ urgency, go: resolve });
        this.#waiting.sort((a, b) => b.urgency - a.urgency);
      });
    }
    this.#underWay += 1;
    try {
      return await ask();
    } finally {
      this.#underWay -= 1;
      this.#waiting.shift()?.go();
    }
  }
}

/** The address of the suite's origin; it goes with the test. */
export async function startOrigin(): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'tollgate-http-cache-'));
  const settings = { protocol: 'http', port: '0', pidfile: join(scratch, 'pid') };
  const env = Object.entries(settings).map(([name, value]) => [`npm_config_${name}`, value]);
  const child = spawn(process.execPath, [file('server/server.mjs')], {
    env: { PATH: process.env['PATH'], ...Object.fromEntries(env) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    rmSync(scratch, { recursive: true });
  });
  for await (const line of createInterface(child.stdout)) {
    const port = /^Listening on .*:(\d+)\/$/.exec(line)?.[1];
    if (port === undefined) continue;
    // It goes on to warn of this and that, and must not wait for a reader.
    child.stdout.resume();
    return `http://127.0.0.1:${port}`;
  }
  throw new Error('expected the origin of the suite to listen, got its end');
}

/** Every test's outcome by its id, seen through the cache at `https://localhost:PORT`. */
export async function runSuite(port: number): Promise<ReadonlyMap<string, Outcome>> {
  const runner: Runner = await import(pathToFileURL(file('client/runner.mjs')).href);
  const { default: tests }: { default: unknown } = await import(pathToFileURL(file('tests/index.mjs')).href);
  // The client that the suite is written for: it adds no field of its own.
  const nodeFetch: (url: string, init: object) => Promise<unknown> = createRequire(file('cli.mjs'))(
    'node-fetch',
  );
  const agent = new Agent({ rejectUnauthorized: false, family: 4, keepAlive: true, maxSockets: UNDER_WAY });
  const queue = new Queue();
  const fetch = (url: string, init: Init = {}): Promise<unknown> =>
    queue.run(urgency(url, init), () => nodeFetch(url, { ...init, agent }));
  await runner.runTests(tests, fetch, false, `https://localhost:${port}`, AT_ONCE);
  agent.destroy();
  return new Map(Object.entries(runner.getResults()));
}
