// The charts over time of one run, as data: what is drawn beneath what, on one axis of seconds.
import type { SecondSample, SocketCounts, TimedRun } from '../format/result.ts';
import { causeInWords, mostFirst, phaseInWords } from './wording.ts';

interface PanelSeries {
  readonly label: string;
  /** Names a colour of the style sheet. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly filled?: boolean;
  readonly dashed?: boolean;
}

export interface Panel {
  readonly title: string;
  /** Set behind each figure. */
  readonly unit: string;
  readonly height: number;
  /** The scale reaches at least this far: a flat line of next to nothing shall look like one. */
  readonly least: number;
  readonly series: readonly PanelSeries[];
}

/** A vertical line through every panel of the run. */
export interface Mark {
  readonly second: number;
  readonly label: string;
  /** Where there is no room for the label. */
  readonly short: string;
  readonly colour: string;
  readonly dashed: boolean;
}

/** Only what was read, and of the counters only what ever moved. */
export function panelsOf(run: TimedRun): readonly Panel[] {
  const panels = [
    requestPanel(run),
    errorPanel(run),
    trackingPanel(run.seconds),
    counterPanel(run.seconds),
    socketPanel(run),
    cpuPanel(run.seconds),
    latencyPanel(run.seconds),
  ];
  return panels.filter(({ series }) => series.length > 0);
}

export function marksOf({ verdict, predictedCliffSecond }: TimedRun): readonly Mark[] {
  const predicted =
    predictedCliffSecond === null
      ? []
      : [
          {
            second: predictedCliffSecond,
            label: 'predicted',
            short: 'predicted',
            colour: 'muted',
            dashed: true,
          },
        ];
  const measured =
    verdict === null
      ? []
      : [
          {
            second: verdict.atSecond,
            label: causeInWords(verdict.cause),
            short: 'collapse',
            colour: 'alarm',
            dashed: false,
          },
        ];
  return [...predicted, ...measured];
}

function requestPanel({ goodput, attempts, seconds }: TimedRun): Panel {
  const errors = seconds.map((second) => second.errors);
  return {
    title: 'Requests per second',
    unit: '/s',
    height: 210,
    least: 10,
    series: [
      { label: 'good', colour: 'good', values: goodput, filled: true },
      { label: 'attempts', colour: 'attempts', values: attempts },
      ...(errors.some((count) => count > 0)
        ? [{ label: 'errors', colour: 'alarm', values: errors, dashed: true }]
        : []),
    ],
  };
}

/** Which of them it was: a refused connection and a late answer have different cures. */
function errorPanel({ errors, seconds }: TimedRun): Panel {
  return {
    title: 'Failed attempts per second, by where they ended',
    unit: '/s',
    height: 110,
    least: 10,
    series: mostFirst(errors)
      .slice(0, SERIES_COLOURS.length)
      .map((phase, index) => ({
        label: phaseInWords(phase),
        colour: ['alarm', ...SERIES_COLOURS][index] ?? 'muted',
        values: seconds.map((second) => second.phases[phase] ?? 0),
      })),
  };
}

function trackingPanel(seconds: readonly SecondSample[]): Panel {
  const limit = seconds.map((second) => second.conntrackMax);
  const used = seconds.map((second) => second.conntrack);
  const near = Math.max(...known(used)) > Math.max(...known(limit)) / 20;
  return {
    title: 'Connections tracked by the firewall',
    unit: '',
    height: 130,
    least: 100,
    series:
      known(used).length === 0
        ? []
        : [
            { label: 'in the table', colour: 'tracked', values: used, filled: true },
            ...(near ? [{ label: 'limit', colour: 'alarm', values: limit, dashed: true }] : []),
          ],
  };
}

function counterPanel(seconds: readonly SecondSample[]): Panel {
  const counters = [
    ['dropped: table full', 'alarm', seconds.map((second) => second.conntrackDrops)],
    ['accept queue overflows', 'tls', seconds.map((second) => second.listenOverflows)],
    ['SYNs sent again', 'log', seconds.map((second) => second.synRetransmits)],
    ['log lines journald threw away', 'hop', seconds.map((second) => second.suppressed)],
  ] as const;
  return {
    title: 'What was dropped, lost or sent again, per second',
    unit: '',
    height: 130,
    least: 10,
    series: counters
      .filter(([, , values]) => known(values).some((value) => value > 0))
      .map(([label, colour, values]) => ({ label, colour, values })),
  };
}

/** Listeners, and what happens to be closing. */
const A_FEW = 10;

/** Where something went wrong: what is left open, or open no more, is half of most explanations. */
function socketPanel({ verdict, errors, seconds }: TimedRun): Panel {
  const of = (state: keyof SocketCounts): readonly (number | null)[] =>
    seconds.map(({ sockets }) => sockets?.[state] ?? null);
  const states = [
    ['established', 'good', of('established')],
    ['being opened or closed', 'tls', of('other')],
    ['TIME_WAIT', 'muted', of('timeWait')],
    ['orphans', 'alarm', of('orphans')],
  ] as const;
  const explains = verdict !== null || Object.keys(errors).length > 0;
  return {
    title: "TCP sockets on the server's side",
    unit: '',
    height: 110,
    least: 10,
    series: states
      .filter(([, , values]) => explains && known(values).some((value) => value > A_FEW))
      .map(([label, colour, values]) => ({ label, colour, values })),
  };
}

const SERIES_COLOURS = ['hop', 'tls', 'log', 'firewall', 'tracked', 'attempts'];
const MOST_PROCESSES = 6;

function cpuPanel(seconds: readonly SecondSample[]): Panel {
  const share = (values: readonly (number | null)[]): readonly (number | null)[] =>
    values.map((value) => (value === null ? null : value * 100));
  const names = [...new Set(seconds.flatMap((second) => Object.keys(second.processes)))];
  const busy = share(seconds.map((second) => second.cpuBusy));
  const steal = share(seconds.map((second) => second.steal));
  const foreign = share(seconds.map((second) => second.foreign));
  const processes = names
    .map((name) => ({ name, values: share(seconds.map((second) => second.processes[name] ?? null)) }))
    .toSorted((a, b) => Math.max(...known(b.values)) - Math.max(...known(a.values)))
    .slice(0, MOST_PROCESSES);
  return {
    title: "CPU of the server's core",
    unit: ' %',
    height: 150,
    least: 100,
    series: [
      ...(known(busy).length === 0 ? [] : [{ label: 'all', colour: 'muted', values: busy, filled: true }]),
      ...processes.map(({ name, values }, index) => ({
        label: name,
        colour: SERIES_COLOURS[index % SERIES_COLOURS.length] ?? 'hop',
        values,
      })),
      ...(known(foreign).some((value) => value > 5)
        ? [{ label: 'other programs', colour: 'other', values: foreign, dashed: true }]
        : []),
      ...(known(steal).some((value) => value > 0.5)
        ? [{ label: 'steal', colour: 'alarm', values: steal, dashed: true }]
        : []),
    ],
  };
}

function latencyPanel(seconds: readonly SecondSample[]): Panel {
  const p50 = seconds.map((second) => second.p50Ms);
  const p99 = seconds.map((second) => second.p99Ms);
  return {
    title: 'Latency of good answers',
    unit: ' ms',
    height: 130,
    least: 1,
    series:
      known(p50).length === 0
        ? []
        : [
            { label: 'p50', colour: 'good', values: p50 },
            { label: 'p99', colour: 'tls', values: p99 },
            ...heldUp(seconds),
          ],
  };
}

/** Ours is the time in which nobody looked: shown where it is long enough to be taken for the server's. */
const HELD_UP_MS = 50;

function heldUp(seconds: readonly SecondSample[]): readonly PanelSeries[] {
  const values = seconds.map(({ heldUpMs }) => heldUpMs.generator);
  return values.some((ms) => ms > HELD_UP_MS)
    ? [{ label: 'generator itself held up', colour: 'muted', values, dashed: true }]
    : [];
}

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
