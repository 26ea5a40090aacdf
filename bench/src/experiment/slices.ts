// Windows that are held against each other, cut into slices that take turns: what the machine does to one it does to all (decisions/0605).
import type { LoadReport } from '../load/spec.ts';
import type { CoreClock, ExactReading } from '../lab/core-clock.ts';
import { type CoreWork, type Span, sumOf, workOf } from '../result/core-work.ts';
import type { Random } from '../stats/random.ts';
import { median, sort, sum } from '../stats/sample.ts';
import type { Cell, LoadShape } from './cell.ts';
import { mirrored } from './order.ts';

/** One thing to be measured beside others: a cell, driven at a fixed rate. */
export interface Turn {
  readonly key: string;
  readonly cell: Sender;
  /** `durationMs`: of all its slices together. */
  readonly shape: LoadShape & { readonly rate: number };
}

type Sender = Pick<Cell, 'pids' | 'send' | 'accepted'> & { readonly plan: Pick<Cell['plan'], 'name'> };

/** What one turn's slices come to; those that were disturbed count in `opened`, `accepted` and `leftOut` only. */
export interface Measured {
  readonly slices: number;
  readonly leftOut: number;
  readonly reports: readonly LoadReport[];
  readonly work: CoreWork;
  /** CPU of the journal between the slices: for lines that were written in them. */
  readonly lateMicros: number;
  readonly halves: readonly [CoreWork, CoreWork];
  /** Connections by the generator's count, and by the server's kernel while it was sent to; `null` where that cannot tell. */
  readonly opened: number;
  readonly accepted: number | null;
}

/** Short: neighbours change a machine's speed as much from one slice to the next as from one second to the next. */
const SLICE_MS = 50;
/** A slice of a slow thing still has to hold some requests. */
const LEAST_REQUESTS = 25;
/** For every connection to be opened before anything is measured. */
const MOST_OPENING_MS = 1000;

/** In the order in which the turns are given; nobody else may drive these cells meanwhile. */
export async function takeTurns(
  clock: CoreClock,
  turns: readonly Turn[],
  random: Random,
): Promise<readonly Measured[]> {
  const { isExact } = await clock.read({});
  const sliceMs = isExact ? sliceMsOf(turns) : Number.POSITIVE_INFINITY;
  for (const { cell, shape } of turns) await cell.send({ ...shape, durationMs: openingMs(shape, sliceMs) });
  const slices = new Map<Turn, Slice[]>(turns.map((turn) => [turn, []]));
  const rounds = Math.max(1, Math.round((turns[0]?.shape.durationMs ?? 0) / sliceMs));
  for (const order of mirrored([turns], random).take(rounds))
    for (const turn of order) slices.get(turn)?.push(await measureSlice(clock, turn, rounds));
  return turns.map((turn) => asMeasured(slices.get(turn) ?? []));
}

const sliceMsOf = (turns: readonly Turn[]): number =>
  Math.max(SLICE_MS, ...turns.map(({ shape }) => (LEAST_REQUESTS * 1000) / shape.rate));

function openingMs({ mode, connections, rate, warmupMs }: Turn['shape'], sliceMs: number): number {
  const opening = mode === 'keepalive' ? (1.1 * connections * 1000) / rate : 0;
  return Math.ceil(Math.max(Math.min(warmupMs, sliceMs), Math.min(opening, MOST_OPENING_MS)));
}

interface Slice {
  readonly report: LoadReport;
  readonly accepted: number | null;
  readonly from: ExactReading;
  readonly to: ExactReading;
}

async function measureSlice(clock: CoreClock, { cell, shape }: Turn, rounds: number): Promise<Slice> {
  const from = await clock.read(cell.pids);
  const before = cell.accepted();
  const report = await cell.send({
    ...shape,
    warmupMs: 0,
    durationMs: Math.round(shape.durationMs / rounds),
  });
  const to = await clock.read(cell.pids);
  const after = cell.accepted();
  return { report, from, to, accepted: before === null || after === null ? null : after - before };
}

function asMeasured(all: readonly Slice[]): Measured {
  const slices = steady(all);
  const middle = Math.ceil(slices.length / 2);
  return {
    slices: slices.length,
    leftOut: all.length - slices.length,
    reports: slices.map(({ report }) => report),
    work: workOf(sumOf(slices)),
    lateMicros: (lateMicros(all) * slices.length) / Math.max(1, all.length),
    halves: [workOf(sumOf(slices.slice(0, middle))), workOf(sumOf(slices.slice(-middle)))],
    opened: sum(all.map(({ report }) => report.connectionsOpened)),
    accepted: all.reduce<number | null>(
      (total, { accepted }) => (total === null || accepted === null ? null : total + accepted),
      0,
    ),
  };
}

const LEAST_TO_JUDGE = 4;
const DISTURBED = 2;

/**
 * Without those that cost twice or half of what is usual among them: the hypervisor held the core up, which counts as run
 * time of whoever ran, or told of an earlier stop only now (its account moves in steps of 10 ms).
 */
function steady(slices: readonly Slice[]): readonly Slice[] {
  const known = slices.map(costOf).filter((cost) => cost > 0);
  if (known.length < LEAST_TO_JUDGE) return slices;
  const usual = median(sort(known));
  return slices.filter((slice) => {
    const cost = costOf(slice);
    return cost < DISTURBED * usual && cost > usual / DISTURBED;
  });
}

function costOf(slice: Slice): number {
  const { busyMicros, foreignMicros } = workOf(sumOf([slice]));
  return (busyMicros - (foreignMicros ?? 0)) / Math.max(1, slice.report.good);
}

/** Does its part when the answers have long gone out. What others spend between slices is idling, and no request's toll. */
const LATE_PROGRAM = 'journald';

function lateMicros(slices: readonly Slice[]): number {
  const between = slices
    .slice(1)
    .map((slice, at): Span => ({ from: slices[at]?.to ?? slice.from, to: slice.from }));
  return workOf(sumOf(between)).processMicros[LATE_PROGRAM] ?? 0;
}
