// `cliff`: the outage replayed. The connection table of a small server fills, goodput falls to nothing, and the cure holds.
import type { FirewallLevel } from '../lab/firewall.ts';
import { isInstalled, requirePrograms } from '../lab/peers.ts';
import { nginx } from '../lab/subject/nginx.ts';
import { tollgate } from '../lab/subject/tollgate.ts';
import { limitTable } from '../lab/table-limit.ts';
import type { Driven } from '../result/recording.ts';
import { type Cell, type CellPlan, openCell } from './cell.ts';
import { Reruns } from './reruns.ts';
import type { Session } from './session.ts';

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

/** Of all runs: one that is repeated takes as long again, with a lab of its own. */
const MOST_RERUNS = 2;

/** `table`: entries the connection table holds; `undefined`: as many as a small server's. */
export async function cliff(session: Session, table: number = SMALL_TABLE): Promise<void> {
  if (!session.isolated)
    throw new Error('cliff: expected root on Linux, for network namespaces: sudo pnpm bench cliff');
  requirePrograms(['conntrack', 'nft']);
  const plans = session.options.quick ? runsAt(table).slice(0, 2) : runsAt(table);
  await session.describe({ kind: 'cliff', runs: plans.map(({ name }) => name) });
  const reruns = new Reruns(session.progress, MOST_RERUNS);
  for (const [done, plan] of plans.entries()) {
    session.progress.step(`${plan.name}, ${seconds(session)} s`, done, plans.length);
    await reruns.until(plan.name, (attempt) => replay(session, plan, attempt));
  }
}

const seconds = (session: Session): number => Math.max(4, Math.round(session.options.seconds ?? SECONDS));

async function replay(session: Session, plan: CliffPlan, attempt: number): Promise<Driven> {
  const cell = await openCell(session, cellOf(plan));
  try {
    const dummies = await fill(cell, plan);
    const { name, firewall } = plan;
    const note = { name, firewall, attempt, dummies, inode: cell.lab.namespace?.inode ?? null };
    return await cell.drive(
      {
        mode: session.options.connectionMode ?? 'new',
        connections: session.options.connections,
        ...(session.options.rate === undefined ? {} : { rate: session.options.rate }),
        warmupMs: 0,
        durationMs: seconds(session) * 1000,
        timeoutMs: 2000,
      },
      { kernelLog: true, note },
    );
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
