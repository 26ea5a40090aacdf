// `breakdown --full`: every combination of four layers, so that what interacts is shared out and not charged to the later one.
import type { ConnectionMode } from '../load/spec.ts';
import type { FirewallLevel } from '../lab/firewall.ts';
import type { Hop } from '../lab/subject/backend.ts';
import { type RequestLogLevel, tollgate } from '../lab/subject/tollgate.ts';
import { FACTORIAL } from '../result/factorial.ts';
import type { CellPlan } from './cell.ts';
import { measureGroup, type WindowPlan } from './group.ts';
import type { Session } from './session.ts';
import type { Measurer } from './window.ts';

/** By bit of a combination's number: what is on when it is set. `tls`: every request pays a full handshake, or none does. */
export const FACTORS = [
  'hop: loopback TCP',
  'tls: new connection',
  'request-log: journald',
  'firewall: stateful',
] as const;
const [HOP, TLS, LOG, FIREWALL] = [0, 1, 2, 3] as const;
const COMBINATIONS = Array.from({ length: 2 ** FACTORS.length }, (_, combination) => combination);

const BLOCKS = 10;
const QUICK_BLOCKS = 4;
/** Two windows of a second and what is around them, for each combination and block. */
const MOST_MS = 420_000;

export async function factorial(session: Session, measurer: Measurer): Promise<void> {
  if (!session.isolated) throw new Error('--full: expected root on Linux: two of its layers need namespaces');
  const blocks = session.options.quick ? QUICK_BLOCKS : BLOCKS;
  await measureGroup(session, measurer, {
    name: FACTORIAL,
    cells: COMBINATIONS.filter((combination) => !isOn(combination, TLS)).map(cellOf),
    parts: [false, true].map((tls) =>
      COMBINATIONS.filter((combination) => isOn(combination, TLS) === tls).map(windowOf),
    ),
    warmupMs: 350,
    durationMs: (session.options.seconds ?? 1) * 1000,
    blocks: { least: QUICK_BLOCKS, most: blocks, deadlineMs: Date.now() + MOST_MS },
    onBlock: (block) => session.progress.step(`all combinations: block ${block + 1}`, block, blocks),
  });
}

const isOn = (combination: number, bit: number): boolean => ((combination >> bit) & 1) === 1;
const modeOf = (combination: number): ConnectionMode => (isOn(combination, TLS) ? 'new' : 'keepalive');

interface Levels {
  readonly hop: Hop;
  readonly requestLog: RequestLogLevel;
  readonly firewall: FirewallLevel;
}

const levelsOf = (combination: number): Levels => ({
  hop: isOn(combination, HOP) ? 'tcp' : 'in-process',
  requestLog: isOn(combination, LOG) ? 'journald' : 'off',
  firewall: isOn(combination, FIREWALL) ? 'stateful' : 'none',
});

function nameOf(combination: number): string {
  const { hop, requestLog, firewall } = levelsOf(combination);
  return `hop ${hop}, log ${requestLog}, firewall ${firewall}`;
}

/** A subject serves both connection modes, so the bit of TLS needs no cell of its own. */
const windowOf = (combination: number): WindowPlan => ({
  key: String(combination),
  cell: nameOf(combination),
  mode: modeOf(combination),
});

function cellOf(combination: number): CellPlan {
  const { hop, requestLog, firewall } = levelsOf(combination);
  const name = nameOf(combination);
  return {
    name,
    firewall,
    journal: requestLog === 'journald',
    subject: (bench) => tollgate(bench, { name, hop, requestLog }),
  };
}
