// The tables of every result kind, once: terminal, markdown and page lay the same cells out in their own way.
import type {
  BreakdownResult,
  CalibrationResult,
  CompareResult,
  Interval,
  Layer,
  Result,
  RungSummary,
  TimedRun,
} from '../format/result.ts';
import { levelsOf } from './steady.ts';
import {
  capitalised,
  causeInWords,
  count,
  figure,
  milliseconds,
  modeInWords,
  pairsAdvice,
  percent,
  perSecond,
  range,
  ratioRange,
  second,
  times,
} from './wording.ts';

export interface Table {
  readonly title: string;
  readonly columns: readonly { readonly title: string; readonly align: 'left' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
  /** One line beneath, for what the columns cannot say. */
  readonly note?: string;
}

const left = (title: string) => ({ title, align: 'left' }) as const;
const right = (title: string) => ({ title, align: 'right' }) as const;

/** A column that says nothing in any row is left out. */
export const tablesOf = (result: Result): readonly Table[] => allTables(result).map(withoutEmptyColumns);

function withoutEmptyColumns(table: Table): Table {
  const kept = table.columns.map((_, index) => table.rows.some((row) => (row[index] ?? '') !== ''));
  return {
    ...table,
    columns: table.columns.filter((_, index) => kept[index]),
    rows: table.rows.map((row) => row.filter((_, index) => kept[index])),
  };
}

function allTables(result: Result): readonly Table[] {
  switch (result.kind) {
    case 'breakdown':
      return [...layerTables(result), ...factorialTables(result), ...rungTables(result)];
    case 'cliff':
    case 'load':
    case 'knee':
      return [runTable(result.runs)];
    case 'compare':
      return compareTables(result);
    case 'calibration':
      return [calibrationTable(result)];
  }
}

/** Connection modes apart: their costs differ by twenty times and never add up. */
function layerTables({ layers }: BreakdownResult): readonly Table[] {
  return [...Map.groupBy(layers, (layer) => layer.connectionMode)].map(([mode, group]) => ({
    title: `Layers, ${modeInWords(mode)}`,
    columns: [
      left('layer'),
      right('µs per request'),
      right('95 % interval'),
      right('share'),
      right('p'),
      left('verdict'),
    ],
    rows: group.map(layerRow),
    note: 'Share: of the dearest rung. ~: these pairs cannot tell it from nothing.',
  }));
}

function layerRow(layer: Layer): readonly string[] {
  const { cpuMicrosPerRequest: cost, distinguishable } = layer;
  return [
    layer.layer,
    distinguishable ? figure(cost.estimate) : '~',
    range(cost),
    distinguishable ? percent(layer.share) : '~',
    layer.p === null ? '' : layer.p.toFixed(3),
    distinguishable
      ? cost.estimate > 0
        ? 'costs'
        : 'saves'
      : pairsAdvice(layer.pairsNeeded).replace('not distinguishable; ', ''),
  ];
}

function factorialTables({ factorial }: BreakdownResult): readonly Table[] {
  if (factorial === undefined) return [];
  return [
    {
      title: 'Shapley shares: what each layer is charged, interactions split evenly',
      columns: [
        left('layer'),
        right('µs per request'),
        right('95 % interval'),
        right('share'),
        right('95 % interval'),
      ],
      rows: factorial.shapley.map(({ name, cpuMicrosPerRequest: cost, share }) => [
        name,
        holdsZero(cost) ? '~' : figure(cost.estimate),
        range(cost),
        holdsZero(cost) ? '~' : percent(share.estimate),
        `${percent(share.low)} to ${percent(share.high)}`,
      ]),
      note: 'The parts sum to what all layers cost together, whatever interacts.',
    },
    {
      title: 'Effects and interactions',
      columns: [left('effect'), right('µs per request'), right('95 % interval'), right('p')],
      rows: factorial.effects.map(({ name, cpuMicrosPerRequest: cost, p }) => [
        name,
        holdsZero(cost) ? '~' : figure(cost.estimate),
        range(cost),
        p.toFixed(3),
      ]),
    },
  ];
}

const holdsZero = ({ low, high }: Interval): boolean => low <= 0 && high >= 0;

function rungTables({ rungs }: BreakdownResult): readonly Table[] {
  return [...Map.groupBy(rungs, (rung) => rung.connectionMode)].map(([mode, group]) => ({
    title: `Rungs, ${modeInWords(mode)}`,
    columns: [
      left('rung'),
      right('µs per request'),
      right('95 % interval'),
      right('at'),
      right('p50'),
      right('p99'),
      left('of it, by process'),
    ],
    rows: group.map(rungRow),
  }));
}

function rungRow(rung: RungSummary): readonly string[] {
  const processes = Object.entries(rung.processes)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, cost]) => `${name} ${figure(cost)}`);
  return [
    rung.name,
    figure(rung.cpuMicrosPerRequest.estimate),
    range(rung.cpuMicrosPerRequest),
    perSecond(rung.goodput),
    milliseconds(rung.p50Ms),
    milliseconds(rung.p99Ms),
    processes.join(', '),
  ];
}

function runTable(runs: readonly TimedRun[]): Table {
  return {
    title: 'Runs',
    columns: [
      left('run'),
      right('good/s at best'),
      right('at last'),
      right('collapse'),
      right('predicted'),
      left('cause'),
    ],
    rows: runs.map((run) => {
      const { best, last } = levelsOf(run);
      return [
        run.name,
        count(best),
        count(last),
        run.verdict === null ? 'none' : second(run.verdict.atSecond),
        run.predictedCliffSecond === null ? '' : second(run.predictedCliffSecond),
        run.verdict === null ? '' : causeInWords(run.verdict.cause),
      ];
    }),
  };
}

function compareTables({ work, baseline, idleMemory = [] }: CompareResult): readonly Table[] {
  const works = work.map(({ name, subjects }) => ({
    title: capitalised(name),
    columns: [
      left('subject'),
      right('µs per request'),
      right('95 % interval'),
      right(`× ${baseline}`),
      right('95 % interval'),
      right('good/s'),
      right('p99'),
    ],
    rows: subjects.map((subject) => [
      subject.name,
      figure(subject.cpuMicrosPerRequest.estimate),
      range(subject.cpuMicrosPerRequest),
      subject.ratio === null ? '1' : times(subject.ratio),
      subject.ratio === null ? '' : ratioRange(subject.ratio),
      count(subject.goodput),
      milliseconds(subject.p99Ms),
    ]),
  }));
  return idleMemory.length === 0 ? works : [...works, idleTable(idleMemory)];
}

const idleTable = (rows: NonNullable<CompareResult['idleMemory']>): Table => ({
  title: 'Idle keep-alive TLS connections',
  columns: [left('subject'), right('held'), right('KiB each')],
  rows: rows.map(({ name, connections, bytesPerConnection }) => [
    name,
    figure(connections),
    figure(bytesPerConnection / 1024),
  ]),
});

function calibrationTable({ layers }: CalibrationResult): Table {
  return {
    title: 'Known costs, recovered',
    columns: [left('true cost'), right('measured'), right('95 % interval'), left('verdict')],
    rows: layers.map(({ trueMicros, recovered }) => [
      `${figure(trueMicros)} µs`,
      `${figure(recovered.estimate)} µs`,
      range(recovered),
      recovered.low <= trueMicros && trueMicros <= recovered.high ? 'inside' : 'outside',
    ]),
  };
}
