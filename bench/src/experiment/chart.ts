// One second of a load test as a line of text: goodput as a bar, attempts that came to nothing behind it, figures beside.
import type { LoadBucket } from '../load/spec.ts';
import { phasesInWords } from '../report/wording.ts';

const CELLS = 30;
const COLUMNS = 100;

/** `best`: what the whole width stands for, requests per second. Fits 100 columns. */
export function chartLine(
  second: LoadBucket,
  best: number,
  conntrack: { readonly count: number; readonly max: number } | null,
): string {
  const cells = (value: number): number => Math.round((Math.min(value, best) / best) * CELLS);
  const good = cells(second.good);
  const rest = Math.max(0, cells(second.attempts) - good);
  const bar = ('█'.repeat(good) + '░'.repeat(rest)).padEnd(CELLS);
  const at = String(Math.floor(second.atMs / 1000)).padStart(3);
  const table = conntrack === null || conntrack.count === 0 ? '' : `  table ${percent(conntrack)}`;
  const figures = `${at} s ${bar} ${String(second.good).padStart(6)}/s  p50 ${ms(second.p50Ms)}  p99 ${ms(second.p99Ms)}`;
  return `${figures}${errorsWithin(second, COLUMNS - figures.length - table.length)}${table}`;
}

/** By phase where there is room for all of them, else the most frequent, else their number. */
function errorsWithin({ errors, phases }: LoadBucket, room: number): string {
  if (errors === 0) return '';
  const [first = '', ...others] = phasesInWords(phases);
  const texts = [[first, ...others].join(', '), `${first}, +${others.length}`, `${errors} errors`];
  return texts.map((text) => `  ${text}`).find((text) => text.length <= room) ?? '';
}

const ms = (value: number | null): string =>
  value === null ? '-' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

const percent = ({ count, max }: { readonly count: number; readonly max: number }): string =>
  `${Math.round((100 * count) / max)} %`;
