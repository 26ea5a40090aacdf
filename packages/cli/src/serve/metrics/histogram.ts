// Our fine buckets as the coarse, cumulative ones of a metric: every bound of theirs is one of ours.
import { BOUNDS_MS, type HistogramFigures } from '@tollgate/proxy';
import type { Family, HistogramSample, Labels } from './family.ts';

/** 0.5 ms to 10 s in steps of 1, 2.5 and 5: fourteen series and one more for each route are enough for a board. */
const SHOWN_MS: readonly number[] = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const MS_PER_SECOND = 1000;

/** `name` ends in its unit, `_seconds`. */
export function histogram(
  name: string,
  help: string,
  all: readonly { readonly labels: Labels; readonly figures: HistogramFigures }[],
): Family {
  return {
    name,
    help,
    type: 'histogram',
    samples: all.flatMap(({ labels, figures }) => samplesOf(labels, figures)),
  };
}

function samplesOf(labels: Labels, { counts, sumMs }: HistogramFigures): HistogramSample[] {
  const samples: HistogramSample[] = [];
  let below = 0;
  for (const [at, count] of counts.entries()) {
    below += count;
    const bound = BOUNDS_MS[at];
    if (bound === undefined) samples.push(bucket(labels, '+Inf', below));
    else if (SHOWN_MS.includes(bound)) samples.push(bucket(labels, `${bound / MS_PER_SECOND}`, below));
  }
  samples.push({ part: 'sum', labels, value: sumMs / MS_PER_SECOND });
  samples.push({ part: 'count', labels, value: below });
  return samples;
}

const bucket = (labels: Labels, le: string, value: number): HistogramSample => ({
  part: 'bucket',
  labels: { ...labels, le },
  value,
});
