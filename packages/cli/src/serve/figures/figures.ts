// What the serving processes have counted, as numbers to add up: for /metrics and the live page. Plain data, so that a
// worker can send it over IPC; its size depends on the configuration alone.
import { addHistograms, NO_DURATIONS, type HistogramFigures, type RouteFigures } from '@tollgate/proxy';
import type { LayerLook } from '../layers/profile.ts';
import type { ThreadTimes } from '../layers/threads.ts';
import type { ProcessReport } from '../report.ts';

/** Counts by name of what counts, and by name of what is counted. */
export type CountTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What only grows while a process lives. */
export interface Totals {
  readonly counts: Counts;
  /** Answers the front gave in place of a target, by error code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** What was dropped, cut or forgotten without an answer, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  /** Of each cache, each coding and each Redis, by name: what it did, and how often. */
  readonly caches: CountTable;
  readonly compression: CountTable;
  readonly redis: CountTable;
  readonly routes: readonly RouteFigures[];
  /** How late a timer of this process's event loop came. */
  readonly loopDelay: HistogramFigures;
}

interface Counts {
  readonly accepted: number;
  readonly overLimit: number;
  readonly tlsHandshakes: number;
  readonly tlsResumed: number;
  readonly tlsFailures: number;
  readonly h2ResetFloods: number;
  readonly logWritten: number;
  readonly logDropped: number;
  readonly logShed: number;
  readonly logFailedWrites: number;
  readonly eventsLost: number;
}

/** One serving process. */
export interface ProcessFigures {
  readonly totals: Totals;
  readonly report: ProcessReport;
  readonly cpu: { readonly userMicros: number; readonly systemMicros: number };
  readonly threads: ThreadTimes | undefined;
  /** While somebody looks at the layers. */
  readonly layers: LayerLook | undefined;
}

export interface ServiceFigures {
  /** Of all processes together, those that have died included. */
  readonly totals: Totals;
  readonly processes: readonly {
    /** 0 when one process does it all, else the worker's number, from 1. */
    readonly worker: number;
    readonly pid: number;
    readonly restarts: number;
    /** `undefined`: it did not answer. */
    readonly figures: ProcessFigures | undefined;
  }[];
}

export const NO_TOTALS: Totals = {
  counts: {
    accepted: 0,
    overLimit: 0,
    tlsHandshakes: 0,
    tlsResumed: 0,
    tlsFailures: 0,
    h2ResetFloods: 0,
    logWritten: 0,
    logDropped: 0,
    logShed: 0,
    logFailedWrites: 0,
    eventsLost: 0,
  },
  refusals: {},
  drops: {},
  caches: {},
  compression: {},
  redis: {},
  routes: [],
  loopDelay: NO_DURATIONS,
};

export function totalsOf(
  { front, requestLog, eventsLost }: ProcessReport,
  routes: readonly RouteFigures[],
  loopDelay: HistogramFigures,
): Totals {
  const { accepted, overLimit, tlsHandshakes, tlsResumed, tlsFailures, h2ResetFloods, refusals, drops } =
    front;
  return {
    counts: {
      accepted,
      overLimit,
      tlsHandshakes,
      tlsResumed,
      tlsFailures,
      h2ResetFloods,
      logWritten: requestLog.written,
      logDropped: requestLog.dropped,
      logShed: requestLog.shed,
      logFailedWrites: requestLog.failedWrites,
      eventsLost,
    },
    refusals,
    drops,
    ...tablesOf(front),
    routes,
    loopDelay,
  };
}

/** Two that have the same name are one. */
function tablesOf({
  caches,
  compression,
  redis,
}: ProcessReport['front']): Pick<Totals, 'caches' | 'compression' | 'redis'> {
  return {
    caches: caches.map(cacheCounts).reduce(addTables, {}),
    compression: Object.fromEntries(Object.entries(compression).map(([name, tally]) => [name, { ...tally }])),
    redis: redis
      .map(({ server, answered, unanswered, unasked }) => ({ [server]: { answered, unanswered, unasked } }))
      .reduce(addTables, {}),
  };
}

function cacheCounts(cache: ProcessReport['front']['caches'][number]): CountTable {
  const { name, hits, staleHits, errorHits, collapsed, misses, validated, passed } = cache;
  const { waitedInVain, tooManyWaiting, noRoom, evictions, diskErrors } = cache;
  const asked = { hits, staleHits, errorHits, collapsed, misses, passed };
  return { [name]: { ...asked, validated, waitedInVain, tooManyWaiting, noRoom, evictions, diskErrors } };
}

export function addTotals(a: Totals, b: Totals): Totals {
  return {
    counts: addCounts(a.counts, b.counts),
    refusals: addByName(a.refusals, b.refusals),
    drops: addByName(a.drops, b.drops),
    caches: addTables(a.caches, b.caches),
    compression: addTables(a.compression, b.compression),
    redis: addTables(a.redis, b.redis),
    routes: addRoutes(a.routes, b.routes),
    loopDelay: addHistograms(a.loopDelay, b.loopDelay),
  };
}

function addCounts(a: Counts, b: Counts): Counts {
  return {
    accepted: a.accepted + b.accepted,
    overLimit: a.overLimit + b.overLimit,
    tlsHandshakes: a.tlsHandshakes + b.tlsHandshakes,
    tlsResumed: a.tlsResumed + b.tlsResumed,
    tlsFailures: a.tlsFailures + b.tlsFailures,
    h2ResetFloods: a.h2ResetFloods + b.h2ResetFloods,
    logWritten: a.logWritten + b.logWritten,
    logDropped: a.logDropped + b.logDropped,
    logShed: a.logShed + b.logShed,
    logFailedWrites: a.logFailedWrites + b.logFailedWrites,
    eventsLost: a.eventsLost + b.eventsLost,
  };
}

function addByName(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = new Map(Object.entries(a));
  for (const [name, count] of Object.entries(b)) sum.set(name, (sum.get(name) ?? 0) + count);
  return Object.fromEntries(sum);
}

function addTables(a: CountTable, b: CountTable): CountTable {
  const sum = new Map(Object.entries(a));
  for (const [name, counts] of Object.entries(b)) sum.set(name, addByName(sum.get(name) ?? {}, counts));
  return Object.fromEntries(sum);
}

function addRoutes(a: readonly RouteFigures[], b: readonly RouteFigures[]): readonly RouteFigures[] {
  const sum = new Map<string, RouteFigures>();
  for (const figures of [...a, ...b]) {
    const key = `${figures.site} ${figures.route}`;
    const known = sum.get(key);
    sum.set(key, known === undefined ? figures : addRoute(known, figures));
  }
  return [...sum.values()];
}

function addRoute(a: RouteFigures, b: RouteFigures): RouteFigures {
  return {
    site: a.site,
    route: a.route,
    answers: a.answers.map((count, at) => count + (b.answers[at] ?? 0)),
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    durations: addHistograms(a.durations, b.durations),
    upstream: addHistograms(a.upstream, b.upstream),
  };
}
