// Where programs of the laboratory run: a namespace made for them, or, without root, this machine's loopback.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LabProcess, type StartOptions } from './process.ts';

const run = promisify(execFile);

export interface ProgramOptions extends StartOptions {
  readonly core: number;
  /** RLIMIT_NOFILE, for the incident of a low one. */
  readonly fileLimit?: number;
}

export interface Place {
  readonly kind: 'namespace' | 'loopback';
  /** A process whose /proc/PID/net shows this place's sockets and connection table; `undefined`: the machine's own. */
  readonly netOf: number | undefined;
  /** What the load generator enters; `undefined`: nothing. */
  readonly netns: string | undefined;
  /** Where this place's `/run` is, seen from the host. */
  readonly root: string;
  /** Runs to its end; throws with what it wrote to stderr. */
  run(argv: readonly string[], input?: string): Promise<string>;
  start(argv: readonly string[], options: ProgramOptions): LabProcess;
}

/** The machine's own network: no firewall layer, no table, but the rest can be measured by anybody. */
export const LOOPBACK: Place = {
  kind: 'loopback',
  netOf: undefined,
  netns: undefined,
  root: '/',
  run: (argv, input) => runIn([], argv, input),
  start: (argv, options) => new LabProcess([...dyingWithParent, ...pinned(argv, options)], options),
};

export async function runIn(
  prefix: readonly string[],
  argv: readonly string[],
  input?: string,
): Promise<string> {
  const [command = '', ...args] = [...prefix, ...argv];
  const pending = run(command, args, { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
  pending.child.stdin?.on('error', () => undefined); // a program that reads no input has closed its end
  pending.child.stdin?.end(input);
  return (await pending).stdout;
}

/** A loopback lab has no namespace whose death takes the children along, so each asks the kernel for it. */
const dyingWithParent: readonly string[] =
  process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];

export function pinned(argv: readonly string[], options: ProgramOptions): readonly string[] {
  if (process.platform !== 'linux') return argv;
  const limit = options.fileLimit === undefined ? [] : ['prlimit', `--nofile=${options.fileLimit}`, '--'];
  return ['taskset', '-c', String(options.core), ...limit, ...argv];
}
