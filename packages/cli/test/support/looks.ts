// Looks of the live page with short words: what a test does not say is nothing.
import { Histogram, type RouteFigures } from '@tollgate/proxy';
import { NO_TOTALS, type ProcessFigures } from '../../src/serve/figures/figures.ts';
import type { Look } from '../../src/serve/live/look.ts';

export interface Wanted {
  readonly second: number;
  /** 1xx to 5xx. */
  readonly answers?: readonly number[];
  readonly timesMs?: readonly number[];
  readonly threads?: ProcessFigures['threads'];
  readonly layers?: ProcessFigures['layers'];
  readonly systemMicros?: number;
  readonly journalMicros?: number;
  readonly pid?: number;
  readonly drops?: Readonly<Record<string, number>>;
  /** Of the one cache there is. */
  readonly cached?: Readonly<Record<string, number>>;
  readonly upstreams?: ProcessFigures['report']['front']['upstreams'];
}

export function lookAt(wanted: Wanted): Look {
  const { second, pid = 7, drops = {}, cached } = wanted;
  const caches = cached === undefined ? {} : { 'a.test': cached };
  const totals = { ...NO_TOTALS, drops, caches, routes: [routeOf(wanted)] };
  return {
    atMs: second * 1000,
    timeMs: second * 1000,
    figures: {
      totals,
      processes: [{ worker: 0, pid, restarts: 0, figures: processOf(wanted, totals) }],
    },
    machine: { reading: undefined, outlook: undefined, conntrack: undefined, tcp: undefined },
    cpu: undefined,
    journalMicros: wanted.journalMicros,
  };
}

function routeOf({ answers = [0, 0, 0, 0, 0], timesMs = [] }: Wanted): RouteFigures {
  const durations = new Histogram();
  for (const ms of timesMs) durations.observe(ms);
  return {
    site: '*',
    route: '/',
    answers,
    bytesIn: 0,
    bytesOut: 0,
    durations: durations.figures(),
    upstream: new Histogram().figures(),
  };
}

const NOTHING_CODED = { answers: 0, bytesIn: 0, bytesOut: 0 };
const NO_LINES = { written: 0, dropped: 0, shed: 0, failedWrites: 0 };

function processOf(wanted: Wanted, totals: ProcessFigures['totals']): ProcessFigures {
  return {
    totals,
    cpu: { userMicros: 0, systemMicros: wanted.systemMicros ?? 0 },
    threads: wanted.threads,
    layers: wanted.layers,
    report: {
      memoryBytes: 0,
      cpuMicros: 0,
      eventsLost: 0,
      requestLog: { mode: 'auto', ...NO_LINES },
      front: {
        state: 'serving',
        generation: 1,
        listening: [],
        connections: 0,
        accepted: 0,
        overLimit: 0,
        tlsHandshakes: 0,
        tlsResumed: 0,
        tlsFailures: 0,
        requests: 0,
        activeRequests: 0,
        tunnels: 0,
        h2ResetFloods: 0,
        certificates: [],
        refusals: {},
        drops: {},
        upstreams: wanted.upstreams ?? [],
        upstreamTotals: [],
        compression: { br: NOTHING_CODED, zstd: NOTHING_CODED, gzip: NOTHING_CODED },
        caches: [],
        redis: [],
        requestLog: NO_LINES,
      },
    },
  };
}
