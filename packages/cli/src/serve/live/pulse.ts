// One second of the live page, from two looks. Pure.
import type { RouteFigures } from '@tollgate/proxy';
import type { CountTable, ServiceFigures } from '../figures/figures.ts';
import { costOf, type Cost } from './cost.ts';
import { HOSTNAME, type Look } from './look.ts';
import { quantile, since } from './quantile.ts';

/** What a page that is opened later still gets of a second that has passed. */
export interface Beat {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** Answers a second: 1xx to 5xx. */
  readonly answers: readonly number[];
  /** Milliseconds; null when nothing was answered. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface Pulse extends Beat {
  readonly host: string;
  readonly active: number;
  readonly connections: number;
  readonly websockets: number;
  /** All of these a second. */
  readonly accepted: number;
  readonly handshakes: number;
  readonly resumed: number;
  readonly tlsFailures: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** By reason; what was closed or cut without an answer among them. */
  readonly refusals: Readonly<Record<string, number>>;
  /** null: no route has a cache. */
  readonly cache: { readonly served: number; readonly asked: number } | null;
  readonly upstreams: readonly ServerPulse[];
  readonly log: LogPulse;
  readonly table: TablePulse | null;
  readonly queue: { readonly waiting: number; readonly max: number } | null;
  readonly processes: readonly ProcessPulse[];
  readonly loopDelayP99Ms: number | null;
  readonly cost: Cost | null;
  /** The layers are being told apart. */
  readonly sampling: boolean;
}

interface ServerPulse {
  readonly server: string;
  readonly state: string;
  readonly fault: string | null;
  readonly active: number;
  /** A second. */
  readonly requests: number;
  readonly failures: number;
}

interface LogPulse {
  readonly mode: string;
  /** Lines a second. */
  readonly written: number;
  readonly shed: number;
  /** Since the start. */
  readonly shedInAll: number;
  readonly droppedInAll: number;
}

interface TablePulse {
  readonly entries: number;
  readonly max: number;
  readonly drops: number;
  readonly level: number;
  /** Until it is full at this rate; null: it does not fill. */
  readonly secondsToFull: number | null;
}

interface ProcessPulse {
  readonly worker: number;
  readonly pid: number;
  readonly restarts: number;
  /** Percent of one core; null: it does not answer. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
}

/** `earlier`: some ten seconds before, for what one second is too short to tell. */
export function pulseOf(before: Look, now: Look, earlier: Look): Pulse {
  const seconds = (now.atMs - before.atMs) / 1000;
  const [then, totals] = [before.figures.totals, now.figures.totals];
  const rate = (name: keyof typeof totals.counts): number =>
    (totals.counts[name] - then.counts[name]) / seconds;
  const bytes = (name: 'bytesIn' | 'bytesOut'): number =>
    (sumOf(totals.routes, name) - sumOf(then.routes, name)) / seconds;
  const fronts = now.figures.processes.flatMap(({ figures }) => figures?.report.front ?? []);
  const open = (name: 'activeRequests' | 'connections' | 'tunnels'): number =>
    fronts.reduce((sum, front) => sum + front[name], 0);
  return {
    ...beatOf(before, now, seconds),
    host: HOSTNAME,
    active: open('activeRequests'),
    connections: open('connections'),
    websockets: open('tunnels'),
    accepted: rate('accepted'),
    handshakes: rate('tlsHandshakes'),
    resumed: rate('tlsResumed'),
    tlsFailures: rate('tlsFailures'),
    bytesIn: bytes('bytesIn'),
    bytesOut: bytes('bytesOut'),
    refusals: {
      ...ratesOf(then.refusals, totals.refusals, seconds),
      ...ratesOf(then.drops, totals.drops, seconds),
    },
    cache: cacheOf(then.caches, totals.caches, seconds),
    upstreams: upstreamsOf(before.figures, now.figures, seconds),
    log: {
      mode:
        now.figures.processes.find(({ figures }) => figures !== undefined)?.figures?.report.requestLog.mode ??
        '',
      written: rate('logWritten'),
      shed: rate('logShed'),
      shedInAll: totals.counts.logShed,
      droppedInAll: totals.counts.logDropped,
    },
    table: tableOf(now),
    queue: queueOf(now),
    processes: processesOf(before.figures, now.figures, seconds),
    loopDelayP99Ms: quantile(since(earlier.figures.totals.loopDelay, totals.loopDelay), 0.99),
    cost: costOf(earlier, now),
    sampling: now.figures.processes.some(({ figures }) => figures?.layers !== undefined),
  };
}

function beatOf(before: Look, now: Look, seconds: number): Beat {
  const counts = timesSince(before.figures.totals.routes, now.figures.totals.routes);
  const [then, answers] = [answersOf(before), answersOf(now)];
  return {
    timeMs: now.timeMs,
    answers: answers.map((count, at) => Math.max(0, count - (then[at] ?? 0)) / seconds),
    p50Ms: quantile(counts, 0.5),
    p99Ms: quantile(counts, 0.99),
  };
}

const answersOf = ({ figures }: Look): number[] =>
  figures.totals.routes.reduce<number[]>(
    (sum, { answers }) => answers.map((count, at) => count + (sum[at] ?? 0)),
    [],
  );

const sumOf = (routes: readonly RouteFigures[], name: 'bytesIn' | 'bytesOut'): number =>
  routes.reduce((sum, route) => sum + route[name], 0);

/** Of all routes together; a route that a reload has made has nothing to compare with. */
function timesSince(before: readonly RouteFigures[], now: readonly RouteFigures[]): Float64Array {
  const sums = (routes: readonly RouteFigures[]): Float64Array | undefined =>
    routes.reduce<Float64Array | undefined>(
      (sum, { durations }) => durations.counts.map((count, at) => count + (sum?.[at] ?? 0)),
      undefined,
    );
  const counts = sums(now) ?? new Float64Array();
  const then = sums(before);
  return counts.map((count, at) => Math.max(0, count - (then?.[at] ?? 0)));
}

function ratesOf(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
  seconds: number,
): Readonly<Record<string, number>> {
  const rates = Object.entries(now).map(
    ([reason, count]) => [reason, (count - (before[reason] ?? 0)) / seconds] as const,
  );
  return Object.fromEntries(rates.filter(([, rate]) => rate > 0));
}

/** Requests a second to cached routes: answered from a cache or by another client's request, and by the target. */
function cacheOf(before: CountTable, now: CountTable, seconds: number): Pulse['cache'] {
  if (Object.keys(now).length === 0) return null;
  const rate = (...names: readonly string[]): number =>
    names.reduce((sum, name) => sum + countIn(now, name) - countIn(before, name), 0) / seconds;
  return {
    served: Math.max(0, rate('hits', 'staleHits', 'errorHits', 'collapsed')),
    asked: Math.max(0, rate('misses', 'passed')),
  };
}

const countIn = (table: CountTable, name: string): number =>
  Object.values(table).reduce((sum, counts) => sum + (counts[name] ?? 0), 0);

/** A server as all processes see it: as bad as the one that thinks worst of it. */
function upstreamsOf(before: ServiceFigures, now: ServiceFigures, seconds: number): readonly ServerPulse[] {
  const then = serversIn(before);
  return [...serversIn(now).values()].map((server) => {
    const former = then.get(server.server);
    return {
      ...server,
      requests: Math.max(0, server.requests - (former?.requests ?? 0)) / seconds,
      failures: Math.max(0, server.failures - (former?.failures ?? 0)) / seconds,
    };
  });
}

function serversIn({ processes }: ServiceFigures): ReadonlyMap<string, ServerPulse> {
  const servers = new Map<string, ServerPulse>();
  for (const { figures } of processes) {
    for (const { server, state, checks, active, requests, failures } of figures?.report.front.upstreams ??
      []) {
      const known = servers.get(server);
      servers.set(server, {
        server,
        state: known === undefined || known.state === 'up' ? state : known.state,
        fault: known?.fault ?? checks?.fault ?? null,
        active: active + (known?.active ?? 0),
        requests: requests + (known?.requests ?? 0),
        failures: failures + (known?.failures ?? 0),
      });
    }
  }
  return servers;
}

function tableOf({ machine: { reading, outlook, conntrack } }: Look): TablePulse | null {
  if (reading?.conntrack === undefined) return null;
  const { entries, max } = reading.conntrack;
  return {
    entries,
    max,
    drops: conntrack === undefined ? 0 : conntrack.drop + conntrack.earlyDrop + conntrack.insertFailed,
    level: outlook?.conntrackLevel ?? 0,
    secondsToFull: outlook?.secondsToFull ?? null,
  };
}

function queueOf({ machine: { reading } }: Look): Pulse['queue'] {
  const queue = reading?.acceptQueue;
  return queue === undefined ? null : { waiting: queue.waiting, max: queue.limit };
}

function processesOf(before: ServiceFigures, now: ServiceFigures, seconds: number): readonly ProcessPulse[] {
  return now.processes.map(({ worker, pid, restarts, figures }) => {
    const former = before.processes.find((process) => process.pid === pid)?.figures;
    const cpuMicros =
      figures === undefined || former === undefined
        ? null
        : figures.report.cpuMicros - former.report.cpuMicros;
    return {
      worker,
      pid,
      restarts,
      cpuPercent: cpuMicros === null ? null : cpuMicros / seconds / 10_000,
      memoryBytes: figures?.report.memoryBytes ?? null,
    };
  });
}
