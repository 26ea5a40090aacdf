// A URL as something to drive: its address, and, when it is on this machine, the program behind it.
import { lookup } from 'node:dns/promises';
import { LIVE, readSuppressions } from '@tollgate/host';
import type { JournalLoss, Sample } from '../format/line.ts';
import { runLoad } from '../load/run.ts';
import type { LoadBucket, LoadSpec } from '../load/spec.ts';
import { findJournal, findListener, isLocal } from '../lab/listener.ts';
import type { Watched } from '../lab/vitals.ts';
import { monotonicMs, watch } from '../lab/watch.ts';
import type { Driven } from '../result/recording.ts';
import type { LoadShape } from './cell.ts';
import { record, type RunNote } from './record.ts';
import type { Session } from './session.ts';

export interface Target {
  readonly url: URL;
  readonly address: string;
  readonly port: number;
  readonly local: boolean;
  /** By name; empty when the target is elsewhere or not ours to look into. */
  readonly processes: Readonly<Record<string, Watched>>;
}

export interface TargetOptions {
  readonly insecure: boolean;
  readonly expectStatus: number;
  readonly protocol: 'h1' | 'h2';
}

/** Throws when the URL is none, or its name cannot be resolved. */
export async function findTarget(text: string): Promise<Target> {
  const url = new URL(text);
  const { address } = await lookup(url.hostname.replaceAll(/^\[|\]$/g, ''));
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const local = isLocal(address) && process.platform === 'linux';
  const found = local ? { server: findListener(port), journald: findJournal() } : {};
  const processes = Object.entries(found).flatMap(([name, pid]) =>
    pid === undefined ? [] : [[name, follow(pid)] as const],
  );
  return { url, address, port, local, processes: Object.fromEntries(processes) };
}

/** Not ours, so its end is seen by its vitals and not by an exit. */
const follow = (pid: number): Watched => ({ pid, ended: false });

export interface TargetHooks {
  readonly onSecond?: (second: LoadBucket, sample: Sample | undefined) => void;
}

export async function driveTarget(
  session: Session,
  target: Target,
  options: TargetOptions,
  shape: LoadShape,
  note: RunNote,
  hooks: TargetHooks = {},
): Promise<Driven> {
  const recorder = record(session, note, shape);
  const probes = watch(session.scope, {
    core: 'all',
    netOf: undefined,
    clientNetOf: undefined,
    processes: target.processes,
    kernelLog: true,
    onSample: recorder.onSample,
  });
  try {
    const report = await runLoad(specOf(target, options, shape), {
      ...recorder,
      // It shares the machine with a local target, and is no stranger to it.
      onStart: (pid) => probes.follow('generator', pid),
      onSecond: (second) => {
        recorder.onSecond?.(second);
        hooks.onSecond?.(second, probes.samples.at(-1));
      },
    });
    probes.take();
    const losses = target.local ? journalLosses(report.startedAtMs) : null;
    if (losses !== null) recorder.onJournal(losses);
    recorder.onReport(report);
    return { report, samples: probes.samples, ...(losses !== null && { losses }) };
  } finally {
    probes.stop();
  }
}

/** `null`: there is no journal here, or none that we may read. */
function journalLosses(sinceMs: number): readonly JournalLoss[] | null {
  const asWallClock = Date.now() - monotonicMs();
  const read = readSuppressions(LIVE, sinceMs + asWallClock);
  if (!read.ok) return null;
  return read.value.map(({ atMs, messages, unit = null }) => ({ atMs: atMs - asWallClock, messages, unit }));
}

function specOf(target: Target, options: TargetOptions, shape: LoadShape): LoadSpec {
  const { url } = target;
  return {
    host: target.address,
    port: target.port,
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    path: `${url.pathname}${url.search}`,
    serverName: url.hostname,
    protocol: options.protocol,
    mode: shape.mode,
    connections: shape.connections,
    ...(shape.rate === undefined ? {} : { rate: shape.rate }),
    warmupMs: shape.warmupMs,
    durationMs: shape.durationMs,
    timeoutMs: shape.timeoutMs ?? 5000,
    // A certificate that nobody signed is what a site on this machine usually has.
    verify: !options.insecure && !target.local,
    expectStatus: options.expectStatus,
  };
}
