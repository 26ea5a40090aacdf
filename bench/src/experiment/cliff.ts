// `cliff`: the outage replayed. The connection table of a small server fills, goodput falls to nothing, and the cure holds.
import type { CliffResult, TimedRun } from '../format/result.ts';
import type { FirewallLevel } from '../lab/firewall.ts';
import { machineCard } from '../lab/machine.ts';
import { isInstalled, requirePrograms } from '../lab/peers.ts';
import { nginx } from '../lab/subject/nginx.ts';
import { tollgate } from '../lab/subject/tollgate.ts';
import { limitTable } from '../lab/table-limit.ts';
import { type Cell, type CellPlan, type Driven, openCell } from './cell.ts';
import { predictCliff } from './prediction.ts';
import type { Session } from './session.ts';
import { findSweeps, tableReadings } from './table-reading.ts';
import { timedRun } from './timed.ts';

/** What the kernel gives a machine of 1 GiB, as the story's, and how much more one of up to 4 GiB (nf_conntrack_core.c). */
const SMALL_TABLE = 8192;
const RAISED = 8;
const SECONDS = 20;

interface CliffPlan {
  readonly name: string;
  readonly firewall: FirewallLevel;
  readonly limit: number;
}

const runsAt = (limit: number): readonly CliffPlan[] => [
  { name: 'stateful', firewall: 'stateful', limit },
  { name: 'notrack', firewall: 'notrack', limit },
  // What the cure has to be held against: the same load where nothing is judged.
  { name: 'no firewall', firewall: 'none', limit },
  { name: 'stateful, limit eight times as high', firewall: 'stateful', limit: limit * RAISED },
];

/** `table`: entries the connection table holds; `undefined`: as many as a small server's. */
export async function cliff(session: Session, table: number = SMALL_TABLE): Promise<CliffResult> {
  if (!session.isolated)
    throw new Error('cliff: expected root on Linux, for network namespaces: sudo pnpm bench cliff');
  requirePrograms(['conntrack', 'nft']);
  const plans = session.options.quick ? runsAt(table).slice(0, 2) : runsAt(table);
  const runs: TimedRun[] = [];
  for (const [done, plan] of plans.entries()) {
    session.progress.step(`${plan.name}, ${seconds(session)} s`, done, plans.length);
    runs.push(await replay(session, plan));
  }
  return {
    kind: 'cliff',
    startedAt: session.startedAt.toISOString(),
    command: session.options.command,
    machine: await machineCard(),
    warnings: session.warnings,
    reruns: 0,
    runs,
  };
}

const seconds = (session: Session): number => Math.max(4, Math.round(session.options.seconds ?? SECONDS));

async function replay(session: Session, plan: CliffPlan): Promise<TimedRun> {
  const cell = await openCell(session, cellOf(plan));
  try {
    const dummies = await fill(cell, plan);
    const driven = await cell.drive(
      {
        mode: session.options.connectionMode ?? 'new',
        connections: session.options.connections,
        ...(session.options.rate === undefined ? {} : { rate: session.options.rate }),
        warmupMs: 0,
        durationMs: seconds(session) * 1000,
        timeoutMs: 2000,
      },
      { kernelLog: true },
    );
    const run = timedRun(driven, {
      name: plan.name,
      firewall: plan.firewall,
      predictedCliffSecond: predictCliff(driven.rows, driven.report.startedAtMs),
      dummies,
      inode: cell.lab.namespace?.inode,
    });
    warnIfSwept(session, plan, driven);
    warnIfTooShort(session, run);
    return run;
  } finally {
    await cell.close();
  }
}

function cellOf(plan: CliffPlan): CellPlan {
  return {
    name: plan.name,
    firewall: plan.firewall,
    journal: false,
    subject: isInstalled('nginx') ? asInTheStory : ownFront,
  };
}

/** Each request costs two entries: the client's connection, and nginx's own to the app, which it does not keep. */
const asInTheStory: CellPlan['subject'] = (bench) =>
  nginx(bench, { name: 'nginx as shipped', hop: 'tcp', tuned: false });
const ownFront: CellPlan['subject'] = (bench) =>
  tollgate(bench, { name: 'tollgate', hop: 'in-process', requestLog: 'file' });

/** Where nothing is tracked there is no table to fill: the limit stands, and no entry comes near it. */
async function fill(cell: Cell, plan: CliffPlan): Promise<number> {
  if (cell.lab.namespace === undefined) throw new Error('a table limit needs a namespace');
  return limitTable(cell.lab.namespace, plan.limit);
}

/** Only where it moved the outage: where nothing is tracked, or the table never fills, nobody waits for its entries. */
function warnIfSwept(session: Session, { name }: CliffPlan, { rows, report }: Driven): void {
  const sweep = findSweeps(tableReadings(rows, report.startedAtMs)).find(
    ({ atMs }) => atMs > 0 && atMs < report.durationMs,
  );
  if (name !== 'stateful' || sweep === undefined) return;
  session.warn({
    id: 'table-swept',
    message: `the kernel swept ${sweep.freed} closed connections out of the full table after ${(sweep.atMs / 1000).toFixed(1)} s, and goodput came back until it was full again`,
    advice:
      'it does so within a minute of a table being full, here and in a real outage; run again for one without',
  });
}

function warnIfTooShort(session: Session, run: TimedRun): void {
  const predicted = run.predictedCliffSecond;
  if (run.name !== 'stateful' || predicted === null) return;
  if (run.verdict?.cause !== 'conntrack-table-full' && predicted > seconds(session) - 3)
    session.warn({
      id: 'table-not-full',
      message: `the table would have been full after ${predicted.toFixed(0)} s, the run ended after ${seconds(session)} s`,
      advice: `run longer: --seconds ${Math.ceil(predicted + 5)}`,
    });
}
