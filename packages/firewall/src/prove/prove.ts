// Runs the behaviour matrix against a ruleset in namespaces: what it does with packets, not what it says.
import type { Policy } from '../policy/policy.ts';
import { makeBed } from './bed.ts';
import type { Case, Family, RowResult, Trial } from './case.ts';
import { KERNEL_ROWS } from './kernel-rows.ts';
import { byNft, type Load } from './load.ts';
import { REACH } from './reach.ts';

export interface ProveOptions {
  /** Only these rows. */
  readonly rows?: readonly string[];
  readonly onRow?: (row: RowResult) => void;
}

const ROWS: readonly Case[] = [...REACH, ...KERNEL_ROWS];
export const ROW_IDS: readonly string[] = ROWS.map(({ id }) => id);

/** `ruleset`: nft text, or another way to load it. Needs root. Throws when the kernel refuses it, with the program's words. */
export async function prove(
  ruleset: string | Load,
  policy: Policy,
  options: ProveOptions = {},
): Promise<readonly RowResult[]> {
  const bed = await makeBed(policy);
  try {
    const load = typeof ruleset === 'string' ? byNft(ruleset) : ruleset;
    const reload = () => load(bed.server);
    const loaded = reload();
    if (!loaded.ok) throw new Error(`the ruleset was refused: ${loaded.message}`);
    return await runRows({ bed, policy, reload }, options);
  } finally {
    bed.close();
  }
}

/** One row after another, for they share the table and the ping limit; the families of a row side by side. */
async function runRows(
  trial: Omit<Trial, 'family'>,
  { rows, onRow }: ProveOptions,
): Promise<readonly RowResult[]> {
  const results: RowResult[] = [];
  for (const row of ROWS.filter(({ id }) => rows?.includes(id) ?? true)) {
    const families = row.alone === true ? 1 : row.families.length;
    for (let at = 0; at < row.families.length; at += families) {
      const together = row.families.slice(at, at + families);
      const done = await Promise.all(together.map((family) => runRow(row, family, trial)));
      for (const result of done) onRow?.(result);
      results.push(...done);
    }
  }
  return results;
}

async function runRow(row: Case, family: Family, trial: Omit<Trial, 'family'>): Promise<RowResult> {
  const { id, title } = row;
  const reason = row.unless?.(trial.policy, family);
  if (reason !== undefined) return { id, title, family, result: 'not-asked', detail: reason };
  const complaint = await row.run({ ...trial, family });
  if (complaint === undefined) return { id, title, family, result: 'holds' };
  return { id, title, family, result: 'broken', detail: complaint };
}
