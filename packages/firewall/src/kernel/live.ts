// The rules that are loaded now, whoever wrote them, judged like any other.
import { readFileSync } from 'node:fs';
import type { Finding } from '../lint/finding.ts';
import { isOpenTo, lint, tracksWeb } from '../lint/lint.ts';
import { parseLoaded } from '../lint/loaded.ts';
import { listLoaded } from './nft.ts';

interface LiveOptions {
  readonly webPorts: readonly number[];
  readonly sshPort?: number | undefined;
  /** The network namespace of this process in place of the caller's. */
  readonly pid?: number | undefined;
}

export type LiveRules =
  | {
      readonly kind: 'judged';
      readonly findings: readonly Finding[];
      /** Web connections take entries of the connection table. */
      readonly tracksWeb: boolean;
      readonly tables: readonly string[];
      /** Do all of the rules let the world reach a tcp port here? `undefined`: there are rules that nft does not show. */
      readonly isOpen: ((port: number) => boolean) | undefined;
    }
  /** Not for this user, or no nft. */
  | { readonly kind: 'unreadable'; readonly message: string };

export function judgeLiveRules({ webPorts, sshPort, pid }: LiveOptions): LiveRules {
  const listed = listLoaded(pid);
  if (!listed.ok) return { kind: 'unreadable', message: listed.message };
  const ruleset = parseLoaded(listed.output);
  return {
    kind: 'judged',
    findings: lint(ruleset, { webPorts, sshPort: sshPort ?? 22 }),
    tracksWeb: tracksWeb(ruleset, webPorts),
    tables: ruleset.tables,
    isOpen: hasLegacyRules(pid) ? undefined : (port) => isOpenTo(ruleset, port),
  };
}

/** What iptables-legacy loaded, nft does not list; the kernel names the tables that it has made (for root). */
function hasLegacyRules(pid: number | undefined): boolean {
  try {
    return readFileSync(`/proc/${pid ?? 'self'}/net/ip_tables_names`, 'utf8') !== '';
  } catch {
    // Absent: there is no such module in the kernel.
    return false;
  }
}
