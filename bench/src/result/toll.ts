// From measured rows to what the result says: a layer's toll beside the noise floor, and each rung's cost.
import type { Interval, Layer, RungSummary } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { centreInterval } from '../stats/interval.ts';
import { floorAt, layerCost, type NoiseFloor } from '../stats/layer-cost.ts';
import type { Pair } from '../stats/paired.ts';
import { mean } from '../stats/sample.ts';

type Toll = Pick<Layer, 'cpuMicrosPerRequest' | 'share' | 'distinguishable' | 'pairsNeeded' | 'p'>;

/** `top`: the whole cost of the dearest rung in the same connection mode, microseconds. */
export function tollOf(
  pairs: readonly Pair[],
  fromRows: readonly Row[],
  floor: NoiseFloor,
  top: number,
): Toll {
  const cost = layerCost(pairs, floorAt(floor, costOf(fromRows).estimate));
  return { ...cost, share: cost.cpuMicrosPerRequest.estimate / top };
}

/** Rows of one cell in one connection mode. */
export function summarise(rows: readonly Row[]): readonly RungSummary[] {
  const [first] = rows;
  if (first === undefined) return [];
  return [
    {
      name: first.cell,
      connectionMode: first.connectionMode,
      cpuMicrosPerRequest: costOf(rows),
      processes: processCosts(rows.filter(({ good }) => good > 0)),
      goodput: mean(rows.map((row) => (row.good * 1000) / row.durationMs)),
      p50Ms: meanOf(rows.map((row) => row.p50Ms)),
      p99Ms: meanOf(rows.map((row) => row.p99Ms)),
    },
  ];
}

export const costOf = (rows: readonly Row[]): Interval =>
  centreInterval(rows.flatMap((row) => (row.cpuMicrosPerRequest === null ? [] : [row.cpuMicrosPerRequest])));

/** Microseconds per good answer, by program. */
function processCosts(rows: readonly Row[]): Readonly<Record<string, number>> {
  const names = new Set(rows.flatMap((row) => Object.keys(row.cpu.processMicros)));
  return Object.fromEntries(
    [...names].map((name) => [name, mean(rows.map((row) => (row.cpu.processMicros[name] ?? 0) / row.good))]),
  );
}

export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : mean(known);
}
