// The rules that are loaded on this machine now, whoever wrote them, judged like any other.
import type { Finding } from '../lint/finding.ts';
import { lint, tracksWeb } from '../lint/lint.ts';
import { parseLoaded } from '../lint/loaded.ts';
import { runNft } from './nft.ts';

export type LiveRules =
  | {
      readonly kind: 'judged';
      readonly findings: readonly Finding[];
      /** Web connections take entries of the connection table. */
      readonly tracksWeb: boolean;
      readonly tables: readonly string[];
    }
  /** Not for this user, or no nft. */
  | { readonly kind: 'unreadable'; readonly message: string };

export function judgeLiveRules(webPorts: readonly number[], sshPort = 22): LiveRules {
  const listed = runNft(['-j', 'list', 'ruleset']);
  if (!listed.ok) return { kind: 'unreadable', message: listed.message };
  const ruleset = parseLoaded(listed.output);
  return {
    kind: 'judged',
    findings: lint(ruleset, { webPorts, sshPort }),
    tracksWeb: tracksWeb(ruleset, webPorts),
    tables: ruleset.tables,
  };
}
