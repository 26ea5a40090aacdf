// Made-up results of every kind, shaped like real ones: fixtures for the reports, not measurements.
import type {
  BreakdownResult,
  CalibrationResult,
  CliffResult,
  CompareResult,
  Interval,
  Layer,
  LoadResult,
  Machine,
  SecondSample,
  TimedRun,
} from '../../src/format/result.ts';
import { warn } from '../../src/stats/warnings.ts';

const machine: Machine = {
  kernel: '6.18.5-fixture',
  cpu: 'Example CPU @ 2.50GHz (a fixture)',
  cores: 2,
  memoryBytes: 4 * 2 ** 30,
  node: 'v26.10.0',
  openssl: '3.5.4',
  versions: { nginx: '1.22.1', haproxy: '2.6.12', nft: '1.0.6', systemd: '252' },
  virtualised: 'kvm',
};
const base = {
  startedAt: '2026-11-23T02:15:42.000Z',
  machine,
  warnings: [warn.steal(0.023), warn.ladderOrder()],
  reruns: 3,
};

const around = (estimate: number, half: number): Interval => ({
  estimate,
  low: estimate - half,
  high: estimate + half,
});

function layer(
  name: string,
  connectionMode: string,
  [from, to]: readonly [string, string],
  cost: Interval,
  pairsNeeded: number | null = null,
): Layer {
  return {
    layer: name,
    from,
    to,
    connectionMode,
    cpuMicrosPerRequest: cost,
    share: cost.estimate / (connectionMode === 'new' ? 912 : 148),
    distinguishable: pairsNeeded === null,
    pairsNeeded,
    p: pairsNeeded === null && cost.low > 0 ? 0.0078 : 0.41,
  };
}

const rung = (
  name: string,
  connectionMode: string,
  cost: Interval,
  processes: Record<string, number>,
): BreakdownResult['rungs'][number] => ({
  name,
  connectionMode,
  cpuMicrosPerRequest: cost,
  processes,
  goodput: connectionMode === 'new' ? 410 : 3200,
  p50Ms: 0.62,
  p99Ms: 3.18,
});

export const breakdownFixture: BreakdownResult = {
  ...base,
  kind: 'breakdown',
  command: 'pnpm bench',
  noiseFloor: { cpuMicrosPerRequest: 2.4, ratio: 0.048 },
  rungs: [
    rung('app', 'keepalive', around(38.2, 1.6), { backend: 29.4 }),
    rung('app + TLS', 'keepalive', around(44.9, 1.9), { backend: 35.1 }),
    rung('front with the app inside', 'keepalive', around(52.7, 2), { front: 43.2 }),
    rung('front, app over TCP', 'keepalive', around(101.3, 3.4), { front: 58.3, backend: 31.2 }),
    rung('app', 'new', around(121, 6), { backend: 84 }),
    rung('app + TLS', 'new', around(834, 31), { backend: 765 }),
  ],
  layers: [
    layer('tls: keep-alive', 'keepalive', ['app', 'app + TLS'], around(6.7, 1.4)),
    layer('tls: new connection', 'new', ['app', 'app + TLS'], around(713, 28)),
    layer('hop: front in process', 'keepalive', ['app + TLS', 'front with the app inside'], around(7.8, 1.8)),
    layer(
      'hop: unix socket',
      'keepalive',
      ['front with the app inside', 'front, app over unix'],
      around(39.1, 3.1),
    ),
    layer(
      'hop: loopback TCP',
      'keepalive',
      ['front with the app inside', 'front, app over TCP'],
      around(48.6, 3.3),
    ),
    layer(
      'request-log: file',
      'keepalive',
      ['front, app over TCP', 'front, app over TCP + log to a file'],
      around(1.1, 2.2),
      24,
    ),
    layer(
      'request-log: journald',
      'keepalive',
      ['front, app over TCP', 'front, app over TCP + log to journald'],
      around(46.2, 5.6),
    ),
    layer(
      'firewall: stateful',
      'keepalive',
      ['front, app over TCP + log to a file', 'front, app over TCP + log to a file + firewall stateful'],
      around(6.9, 2.6),
    ),
    layer(
      'firewall: notrack',
      'keepalive',
      ['front, app over TCP + log to a file', 'front, app over TCP + log to a file + firewall notrack'],
      around(-0.8, 2.9),
      null,
    ),
  ].map((entry) =>
    entry.layer === 'firewall: notrack' ? { ...entry, distinguishable: false, pairsNeeded: null } : entry,
  ),
  factorial: {
    effects: [
      { name: 'hop', cpuMicrosPerRequest: around(47.1, 2.8), p: 0.0312 },
      { name: 'tls', cpuMicrosPerRequest: around(7.3, 1.9), p: 0.0312 },
      { name: 'hop × tls', cpuMicrosPerRequest: around(0.4, 2.1), p: 0.71 },
    ],
    shapley: [
      { name: 'hop', cpuMicrosPerRequest: around(47.3, 2.9), share: around(0.86, 0.04) },
      { name: 'tls', cpuMicrosPerRequest: around(7.5, 2), share: around(0.14, 0.04) },
    ],
  },
};

const SECONDS = 12;
const CLIFF = 4;
/** Wanders without a random number, so that golden files stay what they are. */
const wander = (second: number): number =>
  Math.round(60 * Math.sin(second * 1.7) + 35 * Math.cos(second * 3.1));

function second(index: number, collapses: boolean): SecondSample {
  const down = collapses && index >= CLIFF;
  const goodput = down ? 0 : index === 0 ? 1904 : 2010 + wander(index);
  return {
    second: index,
    goodput,
    attempts: down ? 125 : goodput + 2,
    errors: down && index > CLIFF + 1 ? 62 : 0,
    phases: down && index > CLIFF + 1 ? { 'connect-timeout': 62 } : {},
    p50Ms: down ? null : 57.2 + wander(index) / 30,
    p99Ms: down ? null : 96.5 + wander(index) / 10,
    conntrack: collapses ? Math.min(8192, 1904 + 2010 * index) : 0,
    conntrackMax: 8192,
    conntrackDrops: down ? 118 + (index % 3) * 9 : 0,
    listenOverflows: 0,
    synRetransmits: down ? 125 - (index % 4) * 11 : 0,
    sockets: down
      ? { established: 4, other: 120, timeWait: 3900, orphans: 0 }
      : { established: 125, other: 30, timeWait: 950 * index, orphans: 0 },
    suppressed: null,
    heldUpMs: { generator: 3, sampler: 2 },
    cpuBusy: down ? 0.03 : 0.98,
    steal: 0.004,
    foreign: 0.01,
    processes: down ? { front: 0.02, backend: 0.0 } : { front: 0.74, backend: 0.19 },
    vitals: {},
  };
}

function timedRun(name: string, collapses: boolean): TimedRun {
  const seconds = Array.from({ length: SECONDS }, (_, index) => second(index, collapses));
  return {
    name,
    firewall: name,
    goodput: seconds.map(({ goodput }) => goodput),
    attempts: seconds.map(({ attempts }) => attempts),
    conntrack: seconds.map(({ conntrack }) => conntrack),
    errors: collapses ? { 'connect-timeout': 372 } : {},
    seconds,
    predictedCliffSecond: collapses ? 4.1 : null,
    verdict: collapses
      ? {
          cause: 'conntrack-table-full',
          atSecond: CLIFF,
          evidence: ['table at 8,192 of 8,192', '118 packets dropped in second 4, none before'],
        }
      : null,
    kernelLog: collapses
      ? ['nf_conntrack: nf_conntrack: table full in netns 4026532761, dropping packet']
      : [],
    gates: [],
    distribution: [
      [41.2, 0],
      [57.2, 12_000],
      [71.5, 21_600],
      [96.5, 23_760],
      [140.1, 23_976],
      [212.6, 24_000],
    ],
  };
}

/** A second in which a service was restarted. */
function failing(run: TimedRun): TimedRun {
  const phases = { tls: 3, refused: 120 };
  const seconds = run.seconds.map((sample) =>
    sample.second === 7 ? { ...sample, attempts: sample.goodput + 123, errors: 123, phases } : sample,
  );
  return { ...run, seconds, attempts: seconds.map(({ attempts }) => attempts), errors: phases };
}

export const cliffFixture: CliffResult = {
  ...base,
  kind: 'cliff',
  command: 'pnpm bench cliff --seconds 12',
  reruns: 0,
  runs: [timedRun('stateful', true), timedRun('notrack', false)],
};

export const loadFixture: LoadResult = {
  ...base,
  kind: 'load',
  command: 'pnpm bench load https://localhost:8443/',
  url: 'https://localhost:8443/',
  runs: [failing(timedRun('closed loop, 125 connections', false))],
};

export const compareFixture: CompareResult = {
  ...base,
  kind: 'compare',
  command: 'pnpm bench compare',
  baseline: 'nginx tuned',
  work: [
    {
      name: 'hop, keep-alive',
      connectionMode: 'keepalive',
      subjects: [
        { name: 'nginx tuned', cpuMicrosPerRequest: around(62.1, 2), ratio: null, goodput: 3200, p99Ms: 2.9 },
        {
          name: 'tollgate wire',
          cpuMicrosPerRequest: around(58.8, 2.2),
          ratio: { estimate: 0.97, low: 0.93, high: 1.02 },
          goodput: 3200,
          p99Ms: 3.1,
        },
        {
          name: 'haproxy',
          cpuMicrosPerRequest: around(55.3, 1.7),
          ratio: { estimate: 0.89, low: 0.86, high: 0.92 },
          goodput: 3200,
          p99Ms: 2.6,
        },
        {
          name: 'caddy',
          cpuMicrosPerRequest: around(131.9, 6.4),
          ratio: { estimate: 2.12, low: 2.01, high: 2.25 },
          goodput: 3190,
          p99Ms: 7.7,
        },
      ],
    },
  ],
};

export const calibrationFixture: CalibrationResult = {
  ...base,
  kind: 'calibration',
  command: 'pnpm bench calibration',
  layers: [
    { trueMicros: 20, recovered: { estimate: 20.9, low: 18.1, high: 23.7 } },
    { trueMicros: 100, recovered: { estimate: 98.2, low: 94.4, high: 102 } },
  ],
  selfTests: { runs: 10, distinguishable: 0 },
  noiseFloor: { cpuMicrosPerRequest: 2.2, ratio: 0.044 },
};
