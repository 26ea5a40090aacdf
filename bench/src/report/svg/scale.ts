// A linear scale with round ticks.

export interface Scale {
  readonly ticks: readonly number[];
  /** Position in pixels. */
  readonly at: (value: number) => number;
}

/** From `low` to at least `high`, on `from`..`to` pixels, with about `count` ticks at 1, 2 or 5 times a power of ten. */
export function linearScale(low: number, high: number, from: number, to: number, count: number): Scale {
  const span = Math.max(high - low, Number.EPSILON);
  const step = roundStep(span / count);
  const first = Math.floor(low / step) * step;
  const last = Math.ceil(high / step) * step;
  const at = (value: number): number => from + ((value - first) / (last - first)) * (to - from);
  const ticks = Array.from({ length: Math.round((last - first) / step) + 1 }, (_, i) => first + i * step);
  return { ticks, at };
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((step) => step * power >= rough * 0.999) ?? 10) * power;
}
