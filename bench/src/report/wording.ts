// How figures are worded, the same in every report: units, digits, and the honest `~`.
import type { Interval } from '../format/result.ts';

/** Three figures, never an exponent: 0.0312, 4.71, 82.4, 1,234. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? '-∞' : '∞';
  const size = Math.abs(value);
  const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const text = value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

export const micros = (value: number): string => `${figure(value)} µs`;
export const signedMicros = (value: number): string => `${value > 0 ? '+' : ''}${micros(value)}`;
/** Seconds of a run are counted from 0; a prediction may lie within one. */
export const second = (value: number): string => `second ${String(Math.round(value * 10) / 10)}`;
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');
export const perSecond = (value: number): string => `${count(value)}/s`;
export const percent = (share: number): string =>
  `${(share * 100).toFixed(Math.abs(share) < 0.0995 ? 1 : 0)} %`;
export const milliseconds = (value: number | null): string =>
  value === null ? 'none' : `${figure(value)} ms`;
/** A ratio whose interval holds 1 is not printed as a difference. */
export const times = ({ estimate, low, high }: Interval): string =>
  low <= 1 && 1 <= high ? '≈ 1' : `${estimate.toFixed(2)}×`;

/** `low to high`: a dash would read as a minus beside negative costs. */
export const range = ({ low, high }: Interval): string => `${figure(low)} to ${figure(high)}`;

export const ratioRange = ({ low, high }: Interval): string => `${low.toFixed(2)} to ${high.toFixed(2)}`;

export const bytes = (value: number): string =>
  value >= 2 ** 30 ? `${figure(value / 2 ** 30)} GiB` : `${figure(value / 2 ** 20)} MiB`;

/** 2026-11-23 02:15 UTC */
export const moment = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

const MODES: Readonly<Record<string, string>> = {
  keepalive: 'kept connections',
  new: 'a new connection per request',
  resumed: 'a resumed TLS session per request',
};
export const modeInWords = (mode: string): string => MODES[mode] ?? mode;

/** A cost that the pairs cannot support is not printed as a number. */
export const pairsAdvice = (pairsNeeded: number | null): string =>
  pairsNeeded === null ? 'not distinguishable' : `not distinguishable; about ${pairsNeeded} pairs would tell`;

const CAUSES: Readonly<Record<string, string>> = {
  'conntrack-table-full': 'the connection table was full',
  'accept-queue-overflow': 'the accept queue overflowed',
  'generator-out-of-ports': 'the load generator ran out of ports',
  'journald-stall': 'journald stopped reading the log',
  'cpu-saturated': 'the CPU was saturated',
  steal: 'the hypervisor took the CPU away',
  'upstream-dead': 'the upstream was dead',
  'file-limit': 'the limit of open files was reached',
};
export const causeInWords = (cause: string): string => CAUSES[cause] ?? cause;

/** Where an attempt ended that was not good; the last two are the generator's own fault. */
const PHASES: Readonly<Record<string, string>> = {
  'connect-timeout': 'connect time-out',
  refused: 'refused',
  reset: 'reset',
  tls: 'TLS',
  'first-byte': 'first byte time-out',
  truncated: 'truncated',
  fin: 'FIN without response',
  status: 'wrong status',
  body: 'wrong length',
  ports: 'EADDRNOTAVAIL (no port left here)',
  files: 'EMFILE (no file left here)',
};
export const phaseInWords = (phase: string): string => PHASES[phase] ?? phase;

/** Phases that happened, the most frequent first. */
export const mostFirst = (phases: Readonly<Record<string, number>>): readonly string[] =>
  Object.entries(phases)
    .filter(([, failed]) => failed > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([phase]) => phase);

/** As `refused 120` and `TLS 3`. */
export const phasesInWords = (phases: Readonly<Record<string, number>>): readonly string[] =>
  mostFirst(phases).map((phase) => `${phaseInWords(phase)} ${count(phases[phase] ?? 0)}`);

/** By phase, over several counts. */
export function sumOfPhases(
  counts: readonly Readonly<Record<string, number>>[],
): Readonly<Record<string, number>> {
  const phases = [...new Set(counts.flatMap((each) => Object.keys(each)))];
  return Object.fromEntries(
    phases.map((phase) => [phase, counts.reduce((total, each) => total + (each[phase] ?? 0), 0)]),
  );
}

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
