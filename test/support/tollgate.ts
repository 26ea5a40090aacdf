// The real command in a directory of its own: started as a user would, steered by signals, looked at from outside.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

export const COMMAND = join(import.meta.dirname, '../../packages/cli/bin/tollgate');

/** Time for a loaded machine to do what takes a second. */
export const PATIENCE_MS = 30_000;

/** An app with what the tests ask for: a quick answer, a slow one, and the number of the process that answered. */
const APP = `
import { setTimeout as sleep } from 'node:timers/promises';
export default async function app(site) {
  site.get('/', async () => 'hello');
  site.get('/pid', async () => String(process.pid));
  site.get('/slow', async (request) => {
    await sleep(Number(request.query.ms));
    return 'slow but whole';
  });
  site.get('/fault', async () => {
    setImmediate(() => { throw new Error('nobody catches this'); });
    return 'soon gone';
  });
}
`;

/** Files by name; a temporary directory that goes with the test. */
export function site(files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-e2e-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  for (const [name, text] of Object.entries({ 'app.mjs': APP, 'tollgate.yaml': config(), ...files })) {
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

/** Ports from the kernel, admin on a unix socket: any number of these run beside each other. */
export function config(lines: readonly string[] = []): string {
  return [
    'listen: { https: 127.0.0.1:0, http: 127.0.0.1:0 }',
    'admin: unix:./admin.sock',
    ...lines,
    'sites:',
    "  - hosts: ['*']",
    '    tls: self-signed',
    '    routes:',
    '      - { path: /, app: ./app.mjs }',
    '',
  ].join('\n');
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly directory: string;
  readonly httpsPort: number;
  readonly httpPort: number;
  stdout(): string;
  stderr(): string;
  /** The events of the event log, greeting aside. */
  events(): Record<string, unknown>[];
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdio?: StdioOptions;
  /** In place of the command itself: a wrapper, given the command's words. */
  readonly wrap?: (command: readonly string[]) => readonly string[];
}

/** Resolves when it says that it serves. */
export async function serve(directory: string, options: StartOptions = {}): Promise<Running> {
  const launched = launch(directory, options);
  await vi.waitFor(
    () => {
      if (launched.child.exitCode !== null) throw new StartFailed(launched.stderr());
      if (!/^ {2}https?:.*\n[\s\S]*request log:/m.test(launched.stderr())) throw new Error('not serving yet');
    },
    { timeout: PATIENCE_MS, interval: 50 },
  );
  const portOf = (scheme: string): number =>
    Number(new RegExp(`^ {2}${scheme}://[^ ]*:(\\d+)`, 'm').exec(launched.stderr())?.[1] ?? 0);
  return Object.assign(launched, { httpsPort: portOf('https'), httpPort: portOf('http') });
}

class StartFailed extends Error {}

type Launched = Omit<Running, 'httpsPort' | 'httpPort'>;

/** Does not wait until it serves. */
export function launch(directory: string, { args = [], env = {}, stdio, wrap }: StartOptions = {}): Launched {
  const command = [COMMAND, 'serve', ...args];
  const [file = COMMAND, ...words] = wrap?.(command) ?? command;
  const child = spawn(file, words, {
    cwd: directory,
    env: { ...cleanEnvironment(), ...env },
    stdio: stdio ?? ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const pid = child.pid ?? 0;
  onTestFinished(() => killGroup(child));
  const stdout = collected(child.stdout);
  const stderr = collected(child.stderr);
  return {
    child,
    pid,
    directory,
    stdout,
    stderr,
    events: () => eventsIn(stderr()),
    signal: (name) => process.kill(pid, name),
    ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal }))),
  };
}

/** The whole group: workers, and what a wrapper left behind. */
export function killGroup({ pid }: ChildProcess): void {
  // Never started; and 0 would mean our own group.
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All gone already, as most tests want it.
  }
}

/** The machine's own settings must not steer the tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, CI, NODE_COMPILE_CACHE } = process.env;
  const kept = Object.entries({ CI, NODE_COMPILE_CACHE }).filter(([, value]) => value !== undefined);
  return { PATH, HOME, NO_COLOR: '1', ...Object.fromEntries(kept) };
}

function collected(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

function eventsIn(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
}

export interface Finished extends Ended {
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that ends by itself. `before`: the words of a command that runs it. */
export async function run(
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  before: readonly string[] = [],
): Promise<Finished> {
  const [file = COMMAND, ...words] = [...before, COMMAND, ...args];
  const child = spawn(file, words, {
    cwd: directory,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  onTestFinished(() => killGroup(child));
  const stdout = collected(child.stdout);
  const stderr = collected(child.stderr);
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout: stdout(), stderr: stderr() }));
  });
}
