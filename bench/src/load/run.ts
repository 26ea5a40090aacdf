// Runs the generator as a child process, pinned to a core or inside a network namespace when asked to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LoadBucket, LoadEvent, LoadReport, LoadSpec } from './spec.ts';

export interface RunLoadOptions {
  /** Core number, or a list as taskset takes it. */
  readonly cpu?: number | string;
  /** A network namespace: a name (`ip netns`), or the path of one without a name (`/proc/PID/ns/net`). */
  readonly netns?: string;
  /** Slices of 100 ms as they close. */
  readonly onBucket?: (bucket: LoadBucket) => void;
  readonly onSecond?: (second: LoadBucket) => void;
  /** The moments to read other counters at. */
  readonly onPhase?: (phase: 'warmup' | 'measuring' | 'draining') => void;
  /** The generator's own process, for whoever subtracts its CPU. */
  readonly onStart?: (pid: number) => void;
  /** Aborting ends the run early; its report covers what was measured until then. */
  readonly signal?: AbortSignal;
}

const MAIN = join(import.meta.dirname, 'main.ts');

/** Rejects when the generator could not run or gave no report; a server that fails is in the report. */
export async function runLoad(spec: LoadSpec, options: RunLoadOptions = {}): Promise<LoadReport> {
  const [command = '', ...args] = commandLine(options);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  options.signal?.addEventListener('abort', stop);
  try {
    // A child that dies before it has read its spec says why on stderr; the broken pipe adds nothing.
    child.stdin.on('error', () => {});
    child.stdin.write(`${JSON.stringify(spec)}\n`);
    const closed = once(child, 'close');
    const complaint = text(child.stderr);
    if (child.pid !== undefined) options.onStart?.(child.pid);
    const report = await reportFrom(child.stdout, options);
    const [code] = await closed;
    if (report === null) throw new Error(`load: no report, exit ${String(code)}: ${await complaint}`);
    return report;
  } finally {
    options.signal?.removeEventListener('abort', stop);
    child.kill('SIGKILL');
  }
}

function commandLine({ cpu, netns }: RunLoadOptions): string[] {
  return [
    ...(netns === undefined ? [] : entering(netns)),
    ...(cpu === undefined ? [] : ['taskset', '-c', String(cpu)]),
    process.execPath,
    MAIN,
  ];
}

const entering = (netns: string): string[] =>
  netns.startsWith('/') ? ['nsenter', `--net=${netns}`, '--'] : ['ip', 'netns', 'exec', netns];

async function reportFrom(lines: NodeJS.ReadableStream, options: RunLoadOptions): Promise<LoadReport | null> {
  let report: LoadReport | null = null;
  for await (const line of createInterface({ input: lines })) {
    const event: LoadEvent = JSON.parse(line);
    if ('error' in event) throw new Error(`load: ${event.error}`);
    if ('bucket' in event) options.onBucket?.(event.bucket);
    else if ('second' in event) options.onSecond?.(event.second);
    else if ('phase' in event) options.onPhase?.(event.phase);
    else report = event.report;
  }
  return report;
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const piece of stream) all = `${all}${String(piece)}`.slice(-4000);
  return all.trim();
}
