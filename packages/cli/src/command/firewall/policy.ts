// The policy and the nft text of a configuration file, for every firewall command.
import { buildRuleset, type Policy, policyFrom, toNft } from '@tollgate/firewall';
import { findConfig } from '../../configuration/find.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { CommandFailure, EXIT } from '../../exit.ts';

export interface Planned {
  readonly file: string;
  readonly policy: Policy;
  readonly header: readonly string[];
  readonly text: string;
}

/** Throws a CommandFailure with every mistake of the configuration. */
export function plan(flag: string | undefined): Planned {
  const file = findConfig({ flag, env: process.env });
  const loaded = loadConfiguration({ file, env: process.env });
  if (!loaded.ok) throw new CommandFailure(loaded.errors.join('\n'), EXIT.configuration);
  const policy = policyFrom(loaded.config);
  const header = [
    `Written by tollgate from ${loaded.config.file}: change that file, not this one.`,
    `Connection tracking: ${policy.connectionTracking}. Check: tollgate firewall check. Load: tollgate firewall apply --confirm 60`,
  ];
  return { file: loaded.config.file, policy, header, text: toNft(buildRuleset(policy), header) };
}
