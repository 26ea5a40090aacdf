// `calibration`: is the laboratory right? A layer of known cost must come back out, and a thing held against itself must not.
import type { PlannedComparison } from '../format/line.ts';
import { plain } from '../lab/subject/plain.ts';
import { BASE, groupsOf, OTHER } from '../result/calibration.ts';
import type { CellPlan } from './cell.ts';
import { measureGroup } from './group.ts';
import type { Session } from './session.ts';
import { Measurer } from './window.ts';

const KNOWN_MICROS = [20, 100] as const;
/** Of two windows each: what a layer of the quick ladder gets at least. */
const AA_BLOCKS = 6;
/** Few, in fresh processes again and again: two processes of one program differ by more than their blocks tell (decisions/0605). */
const LAYER_BLOCKS = 2;

/** How often each comparison is made, in fresh processes; the runs are held against the floor. */
const TIMES = { floor: 4, layer: 8, same: 10 } as const;
const QUICK_TIMES = { floor: 2, layer: 3, same: 3 } as const;

export async function calibration(session: Session): Promise<void> {
  const planned = comparisonsOf(session.options.quick ? QUICK_TIMES : TIMES);
  await session.describe({ kind: 'calibration', comparisons: planned });
  const measurer = new Measurer(session);
  const groups = planned.flatMap((comparison) =>
    groupsOf(comparison).map((group) => ({ ...comparison, group })),
  );
  for (const [done, { group, what, trueMicros }] of groups.entries()) {
    session.progress.step(group, done, groups.length);
    await pairOf(session, measurer, group, trueMicros, what === 'layer' ? LAYER_BLOCKS : AA_BLOCKS);
  }
}

const comparisonsOf = (times: Readonly<Record<keyof typeof TIMES, number>>): readonly PlannedComparison[] => [
  { what: 'floor', title: 'noise floor', trueMicros: 0, times: times.floor },
  ...KNOWN_MICROS.map((trueMicros) => ({
    what: 'layer' as const,
    title: `a layer of ${trueMicros} µs`,
    trueMicros,
    times: times.layer,
  })),
  { what: 'same', title: 'A/A', trueMicros: 0, times: times.same },
];

const cellOf = (name: string, busyMicros: number): CellPlan => ({
  name,
  firewall: 'none',
  journal: false,
  subject: (bench) => plain(bench, { busyMicros }),
});

function pairOf(
  session: Session,
  measurer: Measurer,
  name: string,
  busyMicros: number,
  blocks: number,
): Promise<void> {
  const mode = session.options.connectionMode ?? 'keepalive';
  const other = busyMicros === 0 ? 'plain, again' : `plain + ${busyMicros} µs`;
  return measureGroup(session, measurer, {
    name,
    cells: [cellOf(BASE, 0), cellOf(other, busyMicros)],
    parts: [
      [
        { key: BASE, cell: BASE, mode },
        { key: OTHER, cell: other, mode },
      ],
    ],
    warmupMs: 300,
    durationMs: (session.options.seconds ?? 1) * 1000,
    blocks: { least: blocks, most: blocks, deadlineMs: Number.POSITIVE_INFINITY },
  });
}
