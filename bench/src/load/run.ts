// Runs the generator as a child process, pinned to a core or inside a network namespace when asked to: for one load, or for many.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LoadBucket, LoadEvent, LoadPhase, LoadReport, LoadSpec } from './spec.ts';

export interface GeneratorPlace {
  /** Core number, or a list as taskset takes it. */
  readonly cpu?: number | string;
  /** A network namespace: a name (`ip netns`), or the path of one without a name (`/proc/PID/ns/net`). */
  readonly netns?: string;
}

export interface LoadListeners {
  /** Slices of 100 ms as they close. */
  readonly onBucket?: (bucket: LoadBucket) => void;
  readonly onSecond?: (second: LoadBucket) => void;
  /** The moments to read other counters at. */
  readonly onPhase?: (phase: LoadPhase, startedAtMs: number) => void;
}

export interface RunLoadOptions extends GeneratorPlace, LoadListeners {
  /** The generator's own process, for whoever subtracts its CPU. */
  readonly onStart?: (pid: number) => void;
  /** Aborting ends the run early; its report covers what was measured until then. */
  readonly signal?: AbortSignal;
}

/** A generator that lives: from its second run on its code is compiled, and a run costs no start. */
export interface RunningGenerator {
  readonly pid: number | undefined;
  /** One at a time. Rejects when there is no report; a server that fails is in the report. */
  run(spec: LoadSpec, listeners?: LoadListeners): Promise<LoadReport>;
  /** The run under way ends early, with a report. */
  readonly interrupt: () => void;
  close(): Promise<void>;
}

const MAIN = join(import.meta.dirname, 'main.ts');

/** Rejects when the generator could not run or gave no report; a server that fails is in the report. */
export async function runLoad(spec: LoadSpec, options: RunLoadOptions = {}): Promise<LoadReport> {
  const generator = startGenerator(options);
  options.signal?.addEventListener('abort', generator.interrupt);
  try {
    if (generator.pid !== undefined) options.onStart?.(generator.pid);
    return await generator.run(spec, options);
  } finally {
    options.signal?.removeEventListener('abort', generator.interrupt);
    await generator.close();
  }
}

export function startGenerator(place: GeneratorPlace = {}): RunningGenerator {
  const [command = '', ...args] = commandLine(place);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  // A child that dies before it has read its spec says why on stderr; the broken pipe adds nothing.
  child.stdin.on('error', () => {});
  const ended = endOf(child);
  const complaint = text(child.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid,
    async run(spec, listeners = {}) {
      child.stdin.write(`${JSON.stringify(spec)}\n`);
      const report = await reportFrom(lines, listeners);
      if (report === null) throw new Error(`load: no report, ${await ended}: ${await complaint}`);
      return report;
    },
    interrupt: () => void child.kill('SIGTERM'),
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Never rejects: what could not be started has ended, too. */
async function endOf(child: ReturnType<typeof spawn>): Promise<string> {
  try {
    const [code, signal] = await once(child, 'close');
    return `exit ${String(code ?? signal)}`;
  } catch (error) {
    return String(error);
  }
}

function commandLine({ cpu, netns }: GeneratorPlace): string[] {
  return [
    ...(netns === undefined ? [] : entering(netns)),
    ...(cpu === undefined ? [] : ['taskset', '-c', String(cpu)]),
    process.execPath,
    MAIN,
  ];
}

const entering = (netns: string): string[] =>
  netns.startsWith('/') ? ['nsenter', `--net=${netns}`, '--'] : ['ip', 'netns', 'exec', netns];

/** `null`: the generator ended without one. */
async function reportFrom(
  lines: AsyncIterator<string>,
  listeners: LoadListeners,
): Promise<LoadReport | null> {
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const event: LoadEvent = JSON.parse(line.value);
    if ('report' in event) return event.report;
    if ('error' in event) throw new Error(`load: ${event.error}`);
    if ('bucket' in event) listeners.onBucket?.(event.bucket);
    else if ('second' in event) listeners.onSecond?.(event.second);
    else listeners.onPhase?.(event.phase, event.startedAtMs);
  }
  return null;
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const piece of stream) all = `${all}${String(piece)}`.slice(-4000);
  return all.trim();
}
