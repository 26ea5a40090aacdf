// A run over time: load and kernel counters second by second on one axis, and what broke it, if anything did.
import type { SecondSample, TimedRun } from '../format/result.ts';
import type { LoadBucket } from '../load/spec.ts';
import { readingAt, workBetween } from '../lab/accounting.ts';
import type { WatchRow } from '../lab/watch.ts';
import { findCause } from '../cause/cause.ts';
import type { Driven } from './cell.ts';

export interface TimedOptions {
  readonly name: string;
  readonly firewall: string | null;
  readonly predictedCliffSecond: number | null;
  /** Of the server's network namespace: the kernel's lines about another one are not ours. */
  readonly inode: number | undefined;
  /** Dummy entries that make the table small: left out of every figure. */
  readonly dummies: number;
}

export function timedRun(driven: Driven, options: TimedOptions): TimedRun {
  const seconds = secondsOf(driven, options.dummies);
  const kernelLog = kernelLines(driven, options.inode);
  return {
    name: options.name,
    firewall: options.firewall,
    goodput: seconds.map(({ goodput }) => goodput),
    attempts: seconds.map(({ attempts }) => attempts),
    conntrack: seconds.map(({ conntrack }) => conntrack),
    seconds,
    predictedCliffSecond: options.predictedCliffSecond,
    verdict: findCause({ seconds, errors: driven.report.errors, kernelLog }),
    kernelLog: kernelLog.map(({ text }) => text),
    distribution: driven.report.latency?.distribution ?? [],
  };
}

/** Whole seconds of measuring only: the drain after it is no part of the run. */
function secondsOf({ report, rows }: Driven, dummies: number): readonly SecondSample[] {
  const count = Math.round(report.durationMs / 1000);
  return Array.from({ length: count }, (_, second) => {
    const startMs = report.startedAtMs + second * 1000;
    return sampleOf(second, report.seconds[second], rows, dummies, startMs, startMs + 1000);
  });
}

function sampleOf(
  second: number,
  load: LoadBucket | undefined,
  rows: readonly WatchRow[],
  dummies: number,
  startMs: number,
  endMs: number,
): SecondSample {
  const cores = rows.map(({ core }) => core);
  const work = workBetween(readingAt(cores, startMs), readingAt(cores, endMs));
  const first = lastUntil(rows, startMs);
  const last = lastUntil(rows, endMs);
  const share = (micros: number): number => micros / work.elapsedMicros;
  return {
    second,
    goodput: load?.good ?? 0,
    attempts: load?.attempts ?? 0,
    errors: load?.errors ?? 0,
    p50Ms: load?.p50Ms ?? null,
    p99Ms: load?.p99Ms ?? null,
    conntrack: less(last?.sample.conntrack?.count, dummies),
    conntrackMax: less(last?.sample.conntrack?.max, dummies),
    conntrackDrops: added(first, last, ({ sample }) => sample.conntrack?.drop),
    listenOverflows: added(first, last, ({ sample }) => sample.tcp?.listenOverflows),
    synRetransmits: added(first, last, ({ clientTcp }) => clientTcp?.synRetransmits),
    cpuBusy: share(work.busyMicros),
    steal: share(work.stealMicros),
    foreign: work.foreignMicros === null ? null : share(work.foreignMicros),
    processes: Object.fromEntries(
      Object.entries(work.processMicros).map(([name, micros]) => [name, share(micros)]),
    ),
    vitals: last?.vitals ?? {},
  };
}

const less = (count: number | undefined, dummies: number): number | null =>
  count === undefined ? null : Math.max(0, count - dummies);

const lastUntil = (rows: readonly WatchRow[], atMs: number): WatchRow | undefined =>
  rows.findLast((row) => row.atMs <= atMs) ?? rows[0];

function added(
  first: WatchRow | undefined,
  last: WatchRow | undefined,
  counter: (row: WatchRow) => number | undefined,
): number | null {
  const from = first === undefined ? undefined : counter(first);
  const to = last === undefined ? undefined : counter(last);
  return from === undefined || to === undefined ? null : to - from;
}

interface TimedLine {
  readonly second: number;
  readonly text: string;
}

/** The kernel limits its own repetitions, so few lines stand for many events. */
function kernelLines({ rows, report }: Driven, inode: number | undefined): readonly TimedLine[] {
  return rows.flatMap(({ atMs, sample }) =>
    sample.kernelLines
      .filter(({ text }) => isOurs(text, inode))
      .map(({ text }) => ({ second: Math.max(0, Math.floor((atMs - report.startedAtMs) / 1000)), text })),
  );
}

/** `table full in netns N` names its namespace; other lines (out of memory, a fault) concern everybody. */
function isOurs(text: string, inode: number | undefined): boolean {
  const netns = /in netns (\d+)/.exec(text)?.[1];
  return netns === undefined ? /conntrack|TCP|oom|segfault/i.test(text) : netns === String(inode);
}
