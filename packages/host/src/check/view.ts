// What a check is given: the facts now and a moment ago, and what the configuration expects.
import type { Reading } from '../probe/reading.ts';
import type { Facts } from './facts.ts';

export interface Expectation {
  /** Ports that the configuration names: listeners, admin, ssh, extra. `undefined`: there is no configuration to compare with. */
  readonly namedPorts?: readonly number[];
  /** Entries one request takes: 2 where a proxy opens a loopback connection for it, else 1. */
  readonly entriesPerRequest?: number;
  /** `false`: the loaded ruleset keeps web traffic out of the table. */
  readonly tracksWeb?: boolean;
  /** Do the loaded rules let the world reach this tcp port? `undefined`: they could not be read. */
  readonly isOpen?: (port: number) => boolean;
  /** New connections a second to judge by, in place of the measured rate. */
  readonly connectionsPerSecond?: number;
}

export interface View {
  readonly before: Facts;
  readonly now: Facts;
  readonly seconds: number;
  readonly expect: Expectation;
}

export function viewOf(before: Facts, now: Facts, expect: Expectation = {}): View {
  // A short look still has a length: rates are never divided by nothing.
  return { before, now, expect, seconds: Math.max(0.001, (now.atMs - before.atMs) / 1000) };
}

/** How much a counter grew between the two looks; 0 when either could not be read. */
export function growth<T>(before: Reading<T>, now: Reading<T>, of: (value: T) => number): number {
  return before.ok && now.ok ? Math.max(0, of(now.value) - of(before.value)) : 0;
}
