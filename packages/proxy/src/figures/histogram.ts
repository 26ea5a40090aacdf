// Durations counted in fixed buckets: one look-up and one addition for each, and nothing is allocated on the way.

/** Ten steps in each tenfold (the R10 series of ISO 3), so that a quantile read from them is within an eighth. */
const STEPS = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8] as const;
const DECADES = [0.1, 1, 10, 100, 1000, 10_000] as const;
const LONGEST_MS = 63_000;

/** Upper bounds in milliseconds, each included in its bucket: 0.1 ms to 63 s. What is longer goes into one bucket more. */
export const BOUNDS_MS: readonly number[] = DECADES.flatMap((decade) =>
  STEPS.map((step) => Number((decade * step).toPrecision(3))),
).filter((bound) => bound <= LONGEST_MS);

/** A copy that no longer changes: plain data for another process. */
export interface HistogramFigures {
  /** One for each of `BOUNDS_MS`, and one for all that was longer. Not cumulative. */
  readonly counts: Float64Array;
  readonly sumMs: number;
}

const bounds = Float64Array.from(BOUNDS_MS);

export class Histogram {
  readonly #counts = new Float64Array(BOUNDS_MS.length + 1);
  #sumMs = 0;

  observe(ms: number): void {
    const at = bucketOf(ms);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sumMs += ms;
  }

  figures(): HistogramFigures {
    return { counts: this.#counts.slice(), sumMs: this.#sumMs };
  }
}

/** The first bucket whose bound is not below `ms`. */
function bucketOf(ms: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ms <= (bounds[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export const NO_DURATIONS: HistogramFigures = {
  counts: new Float64Array(BOUNDS_MS.length + 1),
  sumMs: 0,
};

export function addHistograms(a: HistogramFigures, b: HistogramFigures): HistogramFigures {
  return { counts: a.counts.map((count, at) => count + (b.counts[at] ?? 0)), sumMs: a.sumMs + b.sumMs };
}
