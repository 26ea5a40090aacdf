// Workers that start while orders are given, and one that never comes to serve. Apps wait for files, so that each moment is met.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig, type Config } from '@tollgate/core';
import { Crew } from '../../../src/serve/crew/crew.ts';
import { newTicketKeys } from '../../../src/serve/ticket-keys.ts';

/** Tells its life by files `imported-PID` and `closed-PID`; waits for as long as there is a file `wait`, and hangs for good where there is a file `hang`. */
const APP = `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const here = import.meta.dirname;
writeFileSync(here + '/imported-' + process.pid, '');
while (existsSync(here + '/wait')) await sleep(20);
if (existsSync(here + '/hang')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
export default async function app(site) {
  site.addHook('onClose', async () => writeFileSync(here + '/closed-' + process.pid, ''));
}
`;
const BY_APP = '{ path: /, app: ./app.mjs }';
const FIXED = '{ path: /, respond: { status: 200, body: fixed } }';

function yard(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-crew-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  writeFileSync(join(directory, 'app.mjs'), APP);
  return directory;
}

const put = (directory: string, file: string): void => writeFileSync(join(directory, file), '');
const take = (directory: string, file: string): void => rmSync(join(directory, file));
/** How many processes have told that of themselves. */
const count = (directory: string, prefix: string): number =>
  readdirSync(directory).filter((name) => name.startsWith(prefix)).length;

function configOf(directory: string, route: string): Config {
  const file = join(directory, 'tollgate.yaml');
  const lines = ['listen: { http: 127.0.0.1:0 }', 'requestLog: { mode: off }', 'sites:', "  - hosts: ['*']"];
  writeFileSync(file, [...lines, '    routes:', `      - ${route}`, ''].join('\n'));
  return loadConfig({ file }).config;
}

interface Two {
  readonly crew: Crew;
  readonly port: number;
  /** What it said, in order. */
  readonly said: readonly string[];
}

async function startTwo(config: Config, startLimitMs?: number): Promise<Two> {
  forkTheCommand();
  const said: string[] = [];
  const say = (...words: unknown[]): void => void said.push(String(words.at(-1)));
  const crew = new Crew({
    config,
    size: 2,
    log: { info: say, error: say },
    inherited: new Map(),
    ticketKeys: newTicketKeys(),
    ...(startLimitMs !== undefined && { startLimitMs }),
  });
  onTestFinished(() => crew.close());
  const [bound] = await crew.start();
  return { crew, port: bound?.port ?? 0, said };
}

/** A worker is the command of this process once more, and that is here the tests'. */
function forkTheCommand(): void {
  const [, runner = ''] = process.argv;
  process.argv[1] = join(import.meta.dirname, '../../../src/main.ts');
  onTestFinished(() => {
    process.argv[1] = runner;
  });
}

async function killSecond(crew: Crew): Promise<void> {
  const [, second] = await crew.status();
  if (second === undefined || second.pid === 0)
    throw new Error('expected a second worker that runs, got none');
  process.kill(second.pid, 'SIGKILL');
}

const generations = async (crew: Crew): Promise<unknown> =>
  (await crew.status()).map(({ report }) => report?.front.generation);

function connected(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    onTestFinished(() => void socket.destroy());
  });
}

it('a worker that comes to serve while the first tries a reload follows that reload', async () => {
  const directory = yard();
  const { crew, said } = await startTwo(configOf(directory, FIXED));
  put(directory, 'wait');
  await killSecond(crew);
  const reloaded = crew.reload(configOf(directory, BY_APP));
  await expect.poll(() => count(directory, 'imported-')).toBe(1);
  await expect.poll(() => said).toContain('worker serves again');
  take(directory, 'wait');
  await reloaded;
  expect(await generations(crew)).toEqual([2, 2]);
  expect(count(directory, 'imported-')).toBe(2);
});

it('a worker that starts during a drain does not begin to serve', async () => {
  const directory = yard();
  const { crew, port, said } = await startTwo(configOf(directory, BY_APP));
  put(directory, 'wait');
  await killSecond(crew);
  await expect.poll(() => count(directory, 'imported-')).toBe(3);
  await crew.drain();
  take(directory, 'wait');
  // It has come to its end: the app that nobody wants was closed.
  await expect.poll(() => count(directory, 'closed-')).toBe(1);
  expect(await connected(port)).toBe(false);
  expect(said).not.toContain('worker serves again');
});

it('a worker that hangs in its start is taken for dead, and replaced', async () => {
  const directory = yard();
  const { crew, said } = await startTwo(configOf(directory, BY_APP), 10_000);
  put(directory, 'hang');
  await killSecond(crew);
  await expect.poll(() => count(directory, 'imported-')).toBe(3);
  take(directory, 'hang');
  await expect.poll(() => said).toContain('worker serves again');
  expect(said).toContain('worker hangs in its start, killing it');
  expect(await generations(crew)).toEqual([1, 1]);
});
