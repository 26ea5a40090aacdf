// All checks, and the one that matters most.
import type { Check, CheckStatus } from './check.ts';
import { conntrackChecks } from './conntrack.ts';
import { loggingChecks } from './logging.ts';
import { machineChecks } from './machine.ts';
import { networkChecks } from './network.ts';
import { queueChecks } from './queues.ts';
import { surroundingChecks } from './surroundings.ts';
import type { View } from './view.ts';

/** In the order in which a request meets them; pure. */
export function runChecks(view: View): readonly Check[] {
  return [
    conntrackChecks,
    queueChecks,
    networkChecks,
    machineChecks,
    loggingChecks,
    surroundingChecks,
  ].flatMap((checks) => checks(view));
}

/** Causes before their symptoms: a full table also overflows queues and retransmits SYNs. */
const BY_CAUSE = [
  'conntrack-drops',
  'conntrack-use',
  'conntrack-cliff',
  'conntrack-size',
  'open-files',
  'steal',
  'cpu-quota',
  'journald-cpu',
  'memory',
  'softnet',
  'nic-drops',
  'syn-queue',
  'listen-overflows',
  'accept-queue',
  'time-wait',
  'cpu-pressure',
  'retransmits',
  'syn-retransmits',
];

/** The first failing cause, or the first warning; `undefined` when all is well. */
export function bottleneck(checks: readonly Check[]): Check | undefined {
  const rank = (check: Check): number => {
    const at = BY_CAUSE.indexOf(check.id);
    return at === -1 ? BY_CAUSE.length : at;
  };
  const worst = (status: CheckStatus): Check | undefined =>
    checks.filter((check) => check.status === status).toSorted((a, b) => rank(a) - rank(b))[0];
  return worst('fail') ?? worst('warn');
}
