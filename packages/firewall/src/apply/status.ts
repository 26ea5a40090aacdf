// `firewall status`: is our table loaded, what has it counted, does an apply wait?
import { runNft } from '../kernel/nft.ts';
import { type Json, type JsonObject, object } from '../lint/loaded.ts';
import { COUNTER_NAMES, type CounterName, COUNTERS } from '../ruleset/types.ts';
import { STATE_DIRECTORY } from './apply.ts';
import { ApplyState, RootExpected, type Stage } from './state.ts';

export interface CounterReading {
  readonly name: CounterName;
  readonly meaning: string;
  readonly packets: number;
  readonly bytes: number;
}

export interface FirewallStatus {
  readonly loaded: boolean;
  /** Why it could not be told, such as a missing right. */
  readonly problem: string | undefined;
  readonly counters: readonly CounterReading[];
  /** `undefined` when none waits, and when it could not be told. */
  readonly pending: { readonly stage: Stage; readonly secondsLeft: number } | undefined;
}

export function readStatus(stateDirectory = STATE_DIRECTORY): FirewallStatus {
  try {
    return statusOf(new ApplyState(stateDirectory).current());
  } catch (error) {
    if (!(error instanceof RootExpected)) throw error;
    return { loaded: false, problem: error.message, counters: [], pending: undefined };
  }
}

function statusOf(current: ReturnType<ApplyState['current']>): FirewallStatus {
  const listed = runNft(['-j', 'list', 'counters', 'table', 'inet', 'tollgate']);
  return {
    loaded: listed.ok,
    problem: listed.ok || listed.why === 'absent' ? undefined : listed.message,
    counters: listed.ok ? parseCounters(listed.output) : [],
    pending: current && {
      stage: current.stage,
      secondsLeft: Math.max(0, Math.ceil((current.pending.deadlineMs - Date.now()) / 1000)),
    },
  };
}

function parseCounters(text: string): readonly CounterReading[] {
  const document: { readonly nftables: readonly Json[] } = JSON.parse(text);
  const found = document.nftables
    .map((entry) => object(object(entry)?.['counter']))
    .filter((counter): counter is JsonObject => counter !== undefined);
  return COUNTER_NAMES.flatMap((name) => {
    const counter = found.find((candidate) => candidate['name'] === name);
    if (counter === undefined) return [];
    return [
      { name, meaning: COUNTERS[name], packets: Number(counter['packets']), bytes: Number(counter['bytes']) },
    ];
  });
}
