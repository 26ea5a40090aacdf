// A core's idle time in nanoseconds, from /proc/timer_list: /proc/stat shows the same clock in ticks of 10 ms. Pure.

export interface Idle {
  /** Monotonic, the moment of the reading. */
  readonly atMs: number;
  /** Since boot, input and output waited for included; the stretch that is being idled now is left out. */
  readonly idleMicros: number;
}

const IDLE = /^ {2}\.idle_sleeptime\s*: (\d+) nsecs\n {2}\.iowait_sleeptime\s*: (\d+) nsecs$/m;

/** `null`: no such core in it, or a kernel without a tick that stops (kernel/time/timer_list.c). */
export function idleOf(timerList: string, core: number): Idle | null {
  const now = /^now at (\d+) nsecs$/m.exec(timerList)?.[1];
  const from = timerList.indexOf(`\ncpu: ${core}\n`);
  if (now === undefined || from === -1) return null;
  const to = timerList.indexOf('\ncpu: ', from + 1);
  const [, idle, iowait] = IDLE.exec(timerList.slice(from, to === -1 ? undefined : to)) ?? [];
  if (idle === undefined || iowait === undefined) return null;
  return { atMs: Number(now) / 1e6, idleMicros: (Number(idle) + Number(iowait)) / 1000 };
}
