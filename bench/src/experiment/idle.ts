// What an idle keep-alive connection costs a front in memory: resident bytes with and without two thousand of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { LIVE, readProcessStatus, readTree } from '@tollgate/host';
import type { CompareResult } from '../format/result.ts';
import { fromRoot, NODE } from '../lab/subject/backend.ts';
import { type Cell, type CellPlan, openCell } from './cell.ts';
import type { Session } from './session.ts';

const CONNECTIONS = 2000;
/** For what was read and parsed in opening them to be given back. */
const SETTLE_MS = 2000;

type IdleMemory = NonNullable<CompareResult['idleMemory']>[number];

export async function idleMemory(session: Session, plan: CellPlan): Promise<IdleMemory> {
  const cell = await openCell(session, plan);
  try {
    // Once before, so that what every server allocates for its first connections is not charged to the rest.
    await (await hold(cell, CONNECTIONS / 10)).release();
    await delay(SETTLE_MS);
    const before = residentBytes(cell);
    const held = await hold(cell, CONNECTIONS);
    await delay(SETTLE_MS);
    const after = residentBytes(cell);
    await held.release();
    return { name: plan.name, connections: CONNECTIONS, bytesPerConnection: (after - before) / CONNECTIONS };
  } finally {
    await cell.close();
  }
}

interface Held {
  release(): Promise<void>;
}

async function hold(cell: Cell, count: number): Promise<Held> {
  const { lab, running } = cell;
  const target = [lab.address, String(running.subject.port), running.subject.path, String(count)];
  const enter = lab.client.netns === undefined ? [] : ['nsenter', `--net=${lab.client.netns}`, '--'];
  const [command = '', ...argv] = [
    ...enter,
    'taskset',
    '-c',
    String(lab.cores.generator),
    ...NODE,
    fromRoot('bench/src/lab/idle-clients.ts'),
    ...target,
    ...lab.sourceAddresses,
  ];
  const child = spawn(command, argv, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const release = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  lab.scope.defer(release);
  const complaint = child.stderr.setEncoding('utf8').reduce((all, text) => all + String(text), '');
  const first = await Promise.race([once(child.stdout, 'data'), ended]);
  if (!String(first[0]).startsWith('holding'))
    throw new Error(
      `${running.subject.name}: ${count} idle connections could not be held: ${await complaint}`,
    );
  return { release };
}

/** Of the program that holds the connections, its workers included. */
function residentBytes({ running }: Cell): number {
  const pid = (running.processes['front'] ?? running.processes['backend'])?.pid;
  const tree = pid === undefined ? undefined : readTree(LIVE, pid);
  if (tree === undefined || !tree.ok) throw new Error(`${running.subject.name}: its processes are gone`);
  return tree.value
    .map((member) => readProcessStatus(LIVE, member))
    .reduce((sum, status) => sum + (status.ok ? status.value.residentBytes : 0), 0);
}
