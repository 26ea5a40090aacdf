// A metric and its samples, before anybody has asked for a format.

export type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Family {
  /** Without the `_total` that a counter's samples end in. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly HistogramSample[] | readonly Sample[];
}

/** Of a histogram: a part of one. */
export interface HistogramSample extends Sample {
  readonly part: 'bucket' | 'sum' | 'count';
}

const NO_LABELS: Labels = {};

export function counter(name: string, help: string, samples: number | readonly Sample[]): Family {
  return { name, help, type: 'counter', samples: listOf(samples) };
}

export function gauge(name: string, help: string, samples: number | readonly Sample[]): Family {
  return { name, help, type: 'gauge', samples: listOf(samples) };
}

function listOf(samples: number | readonly Sample[]): readonly Sample[] {
  return typeof samples === 'number' ? [{ labels: NO_LABELS, value: samples }] : samples;
}
