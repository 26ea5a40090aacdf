// A run over time: load and kernel counters second by second on one axis, and what broke it, if anything did.
import type { SecondSample, TimedRun } from '../format/result.ts';
import type { ErrorCounts, LoadBucket } from '../load/spec.ts';
import type { JournalLoss, Sample } from '../format/line.ts';
import { sum } from '../stats/sample.ts';
import { findCause } from '../cause/cause.ts';
import { type CoreWork, readingAt, workBetween } from './core-work.ts';
import type { Driven, RecordedRun } from './recording.ts';
import { failedRunGates } from './run-gates.ts';

export interface TimedOptions {
  readonly name: string;
  readonly firewall: string | null;
  readonly predictedCliffSecond: number | null;
  /** Of the server's network namespace: the kernel's lines about another one are not ours. */
  readonly inode: number | null;
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
    errors: happened(driven.report.errors),
    seconds,
    predictedCliffSecond: options.predictedCliffSecond,
    verdict: findCause({ seconds, errors: driven.report.errors, kernelLog }),
    kernelLog: kernelLog.map(({ text }) => text),
    gates: failedRunGates(driven),
    distribution: driven.report.latency?.distribution ?? [],
  };
}

const happened = (errors: ErrorCounts): TimedRun['errors'] =>
  Object.fromEntries(Object.entries(errors).filter(([, count]) => count > 0));

/** Whole seconds of measuring only: the drain after it is no part of the run. */
function secondsOf({ report, samples, losses }: Driven, dummies: number): readonly SecondSample[] {
  const count = Math.round(report.durationMs / 1000);
  const cores = samples.map(({ core }) => core);
  return Array.from({ length: count }, (_, second) => {
    const startMs = report.startedAtMs + second * 1000;
    const work = workBetween(readingAt(cores, startMs), readingAt(cores, startMs + 1000));
    const first = lastUntil(samples, startMs);
    const last = lastUntil(samples, startMs + 1000);
    return {
      second,
      ...loadOf(report.seconds[second]),
      ...countersBetween(first, last, dummies),
      ...coreShares(work),
      sockets: last?.sockets ?? null,
      suppressed: losses === undefined ? null : lostWithin(losses, startMs, startMs + 1000),
      heldUpMs: {
        generator: report.seconds[second]?.lateMs ?? 0,
        sampler: latestWithin(samples, startMs, startMs + 1000),
      },
      vitals: last?.vitals ?? {},
    };
  });
}

const loadOf = (load: LoadBucket | undefined) => ({
  goodput: load?.good ?? 0,
  attempts: load?.attempts ?? 0,
  errors: load?.errors ?? 0,
  phases: load?.phases ?? {},
  p50Ms: load?.p50Ms ?? null,
  p99Ms: load?.p99Ms ?? null,
});

const countersBetween = (first: Sample | undefined, last: Sample | undefined, dummies: number) => ({
  conntrack: less(last?.conntrack?.count, dummies),
  conntrackMax: less(last?.conntrack?.max, dummies),
  conntrackDrops: added(first, last, ({ conntrack }) => conntrack?.drop ?? null),
  listenOverflows: added(first, last, (sample) => sample.listenOverflows),
  synRetransmits: added(first, last, (sample) => sample.synRetransmits),
});

function coreShares(work: CoreWork) {
  const share = (micros: number): number => micros / work.elapsedMicros;
  return {
    cpuBusy: share(work.busyMicros),
    steal: share(work.stealMicros),
    foreign: work.foreignMicros === null ? null : share(work.foreignMicros),
    processes: Object.fromEntries(
      Object.entries(work.processMicros).map(([name, micros]) => [name, share(micros)]),
    ),
  };
}

const lostWithin = (losses: readonly JournalLoss[], startMs: number, endMs: number): number =>
  sum(losses.filter(({ atMs }) => atMs >= startMs && atMs < endMs).map(({ messages }) => messages));

/** Told by the sample that came late: what held it up lies before it. */
const latestWithin = (samples: readonly Sample[], startMs: number, endMs: number): number =>
  samples.reduce(
    (longest, { atMs, lateMs }) => (atMs >= startMs && atMs < endMs ? Math.max(longest, lateMs) : longest),
    0,
  );

const less = (count: number | undefined, dummies: number): number | null =>
  count === undefined ? null : Math.max(0, count - dummies);

const lastUntil = (samples: readonly Sample[], atMs: number): Sample | undefined =>
  samples.findLast((sample) => sample.atMs <= atMs) ?? samples[0];

function added(
  first: Sample | undefined,
  last: Sample | undefined,
  counter: (sample: Sample) => number | null,
): number | null {
  const from = first === undefined ? null : counter(first);
  const to = last === undefined ? null : counter(last);
  return from === null || to === null ? null : to - from;
}

interface TimedLine {
  readonly second: number;
  readonly text: string;
}

/** The kernel limits its own repetitions, so few lines stand for many events. */
function kernelLines({ samples, report }: Driven, inode: number | null): readonly TimedLine[] {
  return samples.flatMap(({ atMs, kernelLines: lines }) =>
    lines
      .filter((text) => isOurs(text, inode))
      .map((text) => ({ second: Math.max(0, Math.floor((atMs - report.startedAtMs) / 1000)), text })),
  );
}

/** `table full in netns N` names its namespace; other lines (out of memory, a fault) concern everybody. */
function isOurs(text: string, inode: number | null): boolean {
  const netns = /in netns (\d+)/.exec(text)?.[1];
  return netns === undefined ? /conntrack|TCP|oom|segfault/i.test(text) : netns === String(inode);
}

/** Of a run that was cut short: which of its parts there are. */
export function howFar(runs: readonly RecordedRun[], planned: number): string {
  const last = runs.at(-1);
  if (last === undefined)
    throw new Error('it was cut short before anything was measured: there is nothing to report');
  const end = Math.round(last.report.durationMs / 1000);
  const part = last.isWhole
    ? ''
    : `, the last one (${last.plan.name}) for ${end} of ${last.plan.plannedMs / 1000} s`;
  return `${runs.length} of ${planned} runs${part}`;
}
