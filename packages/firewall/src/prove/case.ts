// The rows of the behaviour matrix: a packet exchange, and what must come of it under each way of tracking.
import type { Policy } from '../policy/policy.ts';
import type { Bed } from './bed.ts';

export type Family = 4 | 6;

/** What a row asks of the bed once the ruleset is loaded. */
export interface Trial {
  readonly bed: Bed;
  readonly policy: Policy;
  readonly family: Family;
  /** Loads the ruleset once more. */
  readonly reload: () => { readonly ok: boolean; readonly message: string };
}

export interface Case {
  readonly id: string;
  /** What holds when the row holds. */
  readonly title: string;
  readonly families: readonly Family[];
  /** One family after the other: it counts entries that both would make. */
  readonly alone?: true;
  /** Why this policy has no such row; absent or `undefined`: it has. */
  readonly unless?: (policy: Policy, family: Family) => string | undefined;
  /** `undefined` when it holds, else what was seen. */
  readonly run: (trial: Trial) => Promise<string | undefined>;
}

export type RowResult =
  | { readonly id: string; readonly title: string; readonly family: Family; readonly result: 'holds' }
  | {
      readonly id: string;
      readonly title: string;
      readonly family: Family;
      readonly result: 'broken' | 'not-asked';
      readonly detail: string;
    };

export const both: readonly Family[] = [4, 6];

/** `undefined` when what was seen is what was expected. */
export const expected = (wanted: readonly string[], seen: string, what: string): string | undefined =>
  wanted.includes(seen) ? undefined : `${what}: expected ${wanted.join(' or ')}, got ${seen}`;

/** The first complaint among several. */
export async function first(
  ...complaints: readonly Promise<string | undefined>[]
): Promise<string | undefined> {
  const all = await Promise.all(complaints);
  return all.find((complaint) => complaint !== undefined);
}
