// `tollgate firewall prove`: the behaviour matrix against the ruleset of the configuration, row by row as they come.
import { buildRuleset, byIptables, prove, type RowResult, toIptables } from '@tollgate/firewall';
import { CommandFailure, EXIT, type ExitCode } from '../../exit.ts';
import { plan } from './policy.ts';

/** What iptables loads can be proved as well; the others are for firewalls that are not here. */
export const PROVABLE = ['nft', 'iptables'] as const;

export async function proveCommand(options: {
  config?: string;
  json?: boolean;
  format: string;
}): Promise<ExitCode> {
  if (process.getuid?.() !== 0) {
    throw new CommandFailure(
      'tollgate firewall prove: expected root, which may make network namespaces; nothing outside of them is touched',
    );
  }
  const { text, policy } = plan(options.config);
  const ruleset = options.format === 'nft' ? text : byIptables(toIptables(buildRuleset(policy)));
  const onRow = options.json === true ? () => undefined : (row: RowResult) => console.log(rowText(row));
  const rows = await proved(() => prove(ruleset, policy, { onRow }));
  const count = (result: RowResult['result']): number => rows.filter((row) => row.result === result).length;
  const broken = count('broken');
  if (options.json === true) console.log(JSON.stringify({ rows }));
  else console.log(`\n${count('holds')} rows hold, ${broken} broken, ${count('not-asked')} not asked`);
  return broken === 0 ? EXIT.ok : EXIT.failure;
}

async function proved<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new CommandFailure(
      `tollgate firewall prove: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const SIGNS = { holds: 'ok  ', broken: 'FAIL', 'not-asked': '-   ' } as const;

function rowText(row: RowResult): string {
  const detail = row.result === 'holds' ? '' : `: ${row.detail}`;
  return `${SIGNS[row.result]} IPv${row.family} ${row.title}${detail}`;
}
