// What every kind of result begins with.
import type { Machine, Warning } from '../format/result.ts';
import { warn } from '../stats/warnings.ts';
import type { Recording } from './recording.ts';

interface Base {
  readonly startedAt: string;
  readonly command: string;
  readonly machine: Machine;
  readonly warnings: readonly Warning[];
  readonly reruns: number;
}

/** `done`: how far a run came that was cut short. Of warnings with one id the first is told. */
export function baseOf(
  { description, warnings, isWhole }: Recording,
  told: { readonly warnings: readonly Warning[]; readonly reruns: number; readonly done: string },
): Base {
  const all = [...(isWhole ? [] : [warn.cutShort(told.done)]), ...warnings, ...told.warnings];
  const { startedAt, command, machine } = description;
  return {
    startedAt,
    command,
    machine,
    warnings: all.filter(({ id }, at) => all.findIndex((other) => other.id === id) === at),
    reruns: told.reruns,
  };
}
