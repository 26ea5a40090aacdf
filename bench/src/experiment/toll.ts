// From paired differences to a layer's toll: an estimate with its interval, and whether it stands out of the noise.
import type { Interval, Layer, RungSummary } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import type { PairRows } from './pair.ts';

export interface NoiseFloor {
  readonly cpuMicrosPerRequest: number;
  /** Of the cost itself: rungs differ in cost by twenty times, and noise grows with it. */
  readonly ratio: number;
}

/** How far apart the same thing measured twice can seem: the farther end of the A/A interval. */
export function noiseOf(rows: PairRows): NoiseFloor {
  const { low, high } = intervalOf(rows.differences);
  const cpuMicrosPerRequest = Math.max(Math.abs(low), Math.abs(high));
  return { cpuMicrosPerRequest, ratio: cpuMicrosPerRequest / costOf(rows.a).estimate };
}

type Toll = Pick<Layer, 'cpuMicrosPerRequest' | 'share' | 'distinguishable' | 'pairsNeeded' | 'p'>;

export function layerOf(rows: PairRows, floor: NoiseFloor, top: number): Toll {
  const interval = intervalOf(rows.differences);
  const least = floor.ratio * costOf(rows.a).estimate;
  const distinguishable = (interval.low > 0 || interval.high < 0) && Math.abs(interval.estimate) > least;
  return {
    cpuMicrosPerRequest: interval,
    share: interval.estimate / top,
    distinguishable,
    pairsNeeded: distinguishable ? null : pairsNeeded(rows.differences, interval),
    p: null,
  };
}

export function summarise(rows: readonly Row[]): readonly RungSummary[] {
  const [first] = rows;
  if (first === undefined) return [];
  return [
    {
      name: first.cell,
      connectionMode: first.connectionMode,
      cpuMicrosPerRequest: costOf(rows),
      processes: processCosts(rows),
      goodput: mean(rows.map((row) => (row.good * 1000) / row.durationMs)),
      p50Ms: meanOf(rows.map((row) => row.p50Ms)),
      p99Ms: meanOf(rows.map((row) => row.p99Ms)),
    },
  ];
}

export const costOf = (rows: readonly Row[]): Interval =>
  intervalOf(rows.flatMap((row) => (row.cpuMicrosPerRequest === null ? [] : [row.cpuMicrosPerRequest])));

function processCosts(rows: readonly Row[]): Readonly<Record<string, number>> {
  const names = new Set(rows.flatMap((row) => Object.keys(row.cpu.processMicros)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      mean(rows.filter((row) => row.good > 0).map((row) => (row.cpu.processMicros[name] ?? 0) / row.good)),
    ]),
  );
}

/** Student's t at 97.5 % by degrees of freedom from 1. */
const T = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13];

export function intervalOf(values: readonly number[]): Interval {
  const estimate = mean(values);
  const half = (T[values.length - 2] ?? 2) * (deviation(values) / Math.sqrt(values.length));
  return { estimate, low: estimate - half, high: estimate + half };
}

function pairsNeeded(values: readonly number[], { estimate }: Interval): number | null {
  const needed = Math.ceil(((2 * deviation(values)) / estimate) ** 2);
  return Number.isFinite(needed) ? Math.max(values.length + 1, needed) : null;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(
    values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1),
  );
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : mean(known);
}
