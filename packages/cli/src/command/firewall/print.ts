// `tollgate firewall print`: the ruleset as text, for this machine, for one without nft, or for a provider's firewall.
import { buildRuleset, toGcp, toIptables, toLinode } from '@tollgate/firewall';
import { EXIT, type ExitCode } from '../../exit.ts';
import { plan, type Planned } from './policy.ts';

export const FORMATS = ['nft', 'iptables', 'ip6tables', 'linode', 'gcp'] as const;

export function printCommand(options: { config?: string; format: string }): ExitCode {
  process.stdout.write(textOf(plan(options.config), options.format));
  return EXIT.ok;
}

function textOf({ policy, header, text }: Planned, format: string): string {
  switch (format) {
    case 'iptables':
      return toIptables(buildRuleset(policy), header).ipv4;
    case 'ip6tables':
      return toIptables(buildRuleset(policy), header).ipv6;
    case 'linode':
      return toLinode(policy);
    case 'gcp':
      return toGcp(policy);
    default:
      return text;
  }
}
