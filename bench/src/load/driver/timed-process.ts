// Runs a program to its end and says what CPU it took: the shell's `times`, because Node does not tell of children.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface TimedOutput {
  readonly stdout: string;
  readonly cpuMicros: number;
}

const MARK = '-- times --';

export async function timedProcess(command: readonly string[], cpu?: number): Promise<TimedOutput> {
  const pinned = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command];
  const script = `"$@" || exit; echo; echo '${MARK}'; times`;
  const { stdout } = await promisify(execFile)('sh', ['-c', script, 'sh', ...pinned], {
    maxBuffer: 16 * 2 ** 20,
  });
  const [output = '', times = ''] = stdout.split(MARK);
  return { stdout: output, cpuMicros: childrenMicros(times) };
}

/** The second line of `times`: user and system time of the children, as 0m1.23s. */
function childrenMicros(times: string): number {
  const children = times.trim().split('\n')[1] ?? '';
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, rest]) => sum + (Number(minutes) * 60 + Number(rest)) * 1e6, 0);
}
