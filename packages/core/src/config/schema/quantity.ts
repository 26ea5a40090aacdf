// Durations and sizes as people write them: `30s`, `500ms`, `2m`; `64KB`, `10MB`. No bare numbers: of what?
import { text } from './mapping.ts';

const MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Powers of two: what memory and buffers are made of. `KiB` and `k` are taken as well. */
const BYTES: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['k', 2 ** 10],
  ['m', 2 ** 20],
  ['g', 2 ** 30],
  ['t', 2 ** 40],
]);

const DAY_MS = 86_400_000;

/** Milliseconds, from 1 ms to a day: every wait has an end. */
export function duration() {
  return text('a duration from 1ms to 24h such as 500ms, 30s or 2m', (given) => {
    const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(given) ?? [];
    const ms = Math.round(Number(amount) * (MS.get(unit ?? '') ?? Number.NaN));
    return ms >= 1 && ms <= DAY_MS ? ms : undefined;
  });
}

/** Bytes, within bounds that are given as people write them. */
export function size(least: string, most: string) {
  const [minimum, maximum] = [bytesIn(least) ?? 0, bytesIn(most) ?? 0];
  return text(`a size from ${least} to ${most} such as 64KB or 10MB`, (given) => {
    const bytes = bytesIn(given);
    return bytes !== undefined && bytes >= minimum && bytes <= maximum ? bytes : undefined;
  });
}

/** As `size`, or `unlimited`. */
export function sizeOrUnlimited(most: string) {
  const maximum = bytesIn(most) ?? 0;
  return text(`a size up to ${most} such as 10MB, or unlimited`, (given) => {
    if (given === 'unlimited') return Number.MAX_SAFE_INTEGER;
    const bytes = bytesIn(given);
    return bytes !== undefined && bytes <= maximum ? bytes : undefined;
  });
}

/** A part of the whole as a percentage; from 0 to 1 afterwards. */
export function share() {
  return text('a percentage from 0% to 100% such as 20%', (given) => {
    const [, amount] = /^(\d{1,3}(?:\.\d{1,3})?) ?%$/.exec(given) ?? [];
    return amount === undefined || Number(amount) > 100 ? undefined : Number(amount) / 100;
  });
}

function bytesIn(given: string): number | undefined {
  const [, amount, unit] = /^(\d{1,12}(?:\.\d{1,3})?) ?(?:([kmgt])(?:i?b)?|b)$/i.exec(given) ?? [];
  if (amount === undefined) return undefined;
  return Math.round(Number(amount) * (BYTES.get((unit ?? 'b').toLowerCase()) ?? 1));
}
