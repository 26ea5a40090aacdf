// Samples and their summaries. A sorted sample is a type of its own: a percentile of unsorted data does not compile.

declare const sorted: unique symbol;
export type Sorted = readonly number[] & { readonly [sorted]: true };

/** A new array, ascending. NaN has no place in an order: throws a RangeError. */
export function sort(values: readonly number[]): Sorted {
  if (values.some(Number.isNaN)) throw new RangeError('sample: expected numbers, got NaN');
  const ascending = values.toSorted((a, b) => a - b);
  assertSorted(ascending);
  return ascending;
}

function assertSorted(values: readonly number[]): asserts values is Sorted {
  for (let i = 1; i < values.length; i++) {
    if ((values[i - 1] ?? 0) > (values[i] ?? 0)) throw new RangeError(`sample: not sorted at ${i}`);
  }
}

/** `fraction` in 0..1, by linear interpolation (type 7 of Hyndman and Fan); NaN for an empty sample. */
export function quantile(values: Sorted, fraction: number): number {
  const at = (values.length - 1) * Math.min(1, Math.max(0, fraction));
  const below = values[Math.floor(at)] ?? NaN;
  const above = values[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export const median = (values: Sorted): number => quantile(values, 0.5);

export const mean = (values: readonly number[]): number => sum(values) / values.length;

/** With n - 1; NaN below two values. */
export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  return values.length < 2
    ? NaN
    : Math.sqrt(sum(values.map((value) => (value - centre) ** 2)) / (values.length - 1));
}

/** Neumaier's compensated sum: costs of microseconds are added to whole seconds of CPU. */
export function sum(values: readonly number[]): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}
