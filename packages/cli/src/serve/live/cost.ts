// What a request costs, layer by layer: the CPU time of the last seconds, shared out over the requests answered in them.
// The kernel's clocks give each process, thread and mode; the split of the main thread is an estimate from samples. Pure.
import { LAYERS, type Layer } from '../layers/classify.ts';
import type { LayerSamples } from '../layers/profile.ts';
import type { Look } from './look.ts';

interface CostRow {
  readonly name: Layer | 'main' | 'helpers' | 'pool' | 'journald' | 'softirq';
  /** CPU microseconds for each request. */
  readonly micros: number;
  /** Half of the 95 % interval, of what was sampled; null for what the kernel's clock says. */
  readonly plusMinus: number | null;
}

export interface Cost {
  /** Answered in the window; no row stands for fewer than `FEWEST_REQUESTS`. */
  readonly requests: number;
  readonly seconds: number;
  /** Of the serving processes: together they are `totalMicros`. */
  readonly own: readonly CostRow[];
  readonly totalMicros: number;
  /** Of the total: spent inside the kernel. */
  readonly kernelMicros: number;
  /** Beside the serving processes; what softirq does is not all for us. */
  readonly beside: readonly CostRow[];
  /** Samples that the layers were told apart by; null while nobody looks at the layers. */
  readonly samples: number | null;
  /** For how long the start of the sampling stopped the slowest process. */
  readonly pausedMs: number | null;
}

/** Fewer would share the price of an idle process out over a handful. */
const FEWEST_REQUESTS = 20;
/** Of the normal distribution. */
const Z95 = 1.96;

export function costOf(before: Look, now: Look): Cost | null {
  const requests = answeredIn(now) - answeredIn(before);
  if (requests < FEWEST_REQUESTS) return null;
  const used = usedBetween(before, now);
  const paused = now.figures.processes.flatMap(({ figures }) => figures?.layers?.pausedMs ?? []);
  return {
    requests,
    seconds: (now.atMs - before.atMs) / 1000,
    own: ownRows(used, requests),
    totalMicros: used.micros / requests,
    kernelMicros: used.kernelMicros / requests,
    beside: besideRows(before, now, requests),
    samples: used.samples === undefined ? null : countOf(used.samples),
    pausedMs: paused.length === 0 ? null : Math.max(...paused),
  };
}

function answeredIn({ figures }: Look): number {
  return figures.totals.routes.reduce(
    (sum, { answers }) => sum + answers.reduce((all, count) => all + count, 0),
    0,
  );
}

/** CPU time of the processes that lived through the window. */
interface Used {
  micros: number;
  kernelMicros: number;
  mainMicros: number;
  helpersMicros: number;
  poolMicros: number;
  samples: Record<Layer, number> | undefined;
}

function usedBetween(before: Look, now: Look): Used {
  const used: Used = {
    micros: 0,
    kernelMicros: 0,
    mainMicros: 0,
    helpersMicros: 0,
    poolMicros: 0,
    samples: undefined,
  };
  for (const { pid, figures } of now.figures.processes) {
    const former = before.figures.processes.find((process) => process.pid === pid)?.figures;
    if (figures?.threads === undefined || former?.threads === undefined) continue;
    used.kernelMicros += figures.cpu.systemMicros - former.cpu.systemMicros;
    used.mainMicros += figures.threads.mainMicros - former.threads.mainMicros;
    used.helpersMicros += figures.threads.helpersMicros - former.threads.helpersMicros;
    used.poolMicros += figures.threads.poolMicros - former.threads.poolMicros;
    if (figures.layers !== undefined) {
      used.samples = added(used.samples, figures.layers.samples, former.layers?.samples);
    }
  }
  used.micros = used.mainMicros + used.helpersMicros + used.poolMicros;
  return used;
}

/** A profile that was started inside the window counts from nothing. */
function added(
  sum: Record<Layer, number> | undefined,
  now: LayerSamples,
  before: LayerSamples | undefined,
): Record<Layer, number> {
  const counts = { ...(sum ?? now) };
  for (const layer of LAYERS) {
    counts[layer] = (sum?.[layer] ?? 0) + Math.max(0, now[layer] - (before?.[layer] ?? 0));
  }
  return counts;
}

const countOf = (samples: LayerSamples): number => LAYERS.reduce((sum, layer) => sum + samples[layer], 0);

function ownRows(used: Used, requests: number): readonly CostRow[] {
  const exact = (name: CostRow['name'], micros: number): CostRow => ({
    name,
    micros: micros / requests,
    plusMinus: null,
  });
  const helpers = [exact('helpers', used.helpersMicros), exact('pool', used.poolMicros)];
  return [...mainRows(used, requests), ...helpers.filter(({ micros }) => micros > 0)];
}

function mainRows({ mainMicros, samples }: Used, requests: number): readonly CostRow[] {
  const perRequest = mainMicros / requests;
  const count = samples === undefined ? 0 : countOf(samples);
  if (samples === undefined || count === 0) return [{ name: 'main', micros: perRequest, plusMinus: null }];
  return LAYERS.map((name) => {
    const part = samples[name] / count;
    return {
      name,
      micros: part * perRequest,
      plusMinus: Z95 * Math.sqrt((part * (1 - part)) / count) * perRequest,
    };
  });
}

function besideRows(before: Look, now: Look, requests: number): readonly CostRow[] {
  const rows: CostRow[] = [];
  const add = (name: 'journald' | 'softirq', from: number | undefined, to: number | undefined): void => {
    if (from === undefined || to === undefined || to < from) return;
    rows.push({ name, micros: (to - from) / requests, plusMinus: null });
  };
  add('journald', before.journalMicros, now.journalMicros);
  add('softirq', before.cpu?.softirqMicros, now.cpu?.softirqMicros);
  return rows;
}
