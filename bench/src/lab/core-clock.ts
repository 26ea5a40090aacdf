// The clocks of the server's core, read by a program that runs on it: while that runs the core is not idle, so its idle time is whole.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { CoreReading } from '../format/line.ts';
import type { Scope } from './scope.ts';
import { fromRoot, NODE } from './subject/backend.ts';

export interface ExactReading extends CoreReading {
  /** False where only root may read nanoseconds: idle time then moves in steps of 10 ms. */
  readonly isExact: boolean;
}

export interface CoreClock {
  /** Of the core, and of these processes with their threads and descendants, by name. One at a time. */
  read(processes: Readonly<Record<string, number>>): Promise<ExactReading>;
}

/** As it comes over the pipe: processes in the order they were asked for. */
type Wired = Omit<ExactReading, 'processMicros'> & { readonly processMicros: readonly (number | null)[] };

export async function openCoreClock(scope: Scope, core: number): Promise<CoreClock> {
  const argv = ['-c', String(core), ...NODE, fromRoot('bench/src/lab/core-clock-main.ts'), String(core)];
  const child = spawn('taskset', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  scope.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the reader of the core’s clocks ended');
    return line.value;
  };
  await next();
  return {
    async read(processes) {
      child.stdin.write(`${JSON.stringify(Object.values(processes))}\n`);
      const { processMicros, ...reading }: Wired = JSON.parse(await next());
      const names = Object.keys(processes);
      const byName = names.map((name, at) => [name, processMicros[at] ?? null] as const);
      return { ...reading, processMicros: Object.fromEntries(byName) };
    },
  };
}
