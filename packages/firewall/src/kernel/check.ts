// `firewall check`: does the kernel take the text, and does it do what its author wants?
import { loadInThrowAwayNamespace } from './nft.ts';
import type { Finding } from '../lint/finding.ts';
import { lint, type LintOptions } from '../lint/lint.ts';
import { parseLoaded } from '../lint/loaded.ts';

export type CheckResult =
  | { readonly kind: 'judged'; readonly findings: readonly Finding[] }
  /** nft's own words, with the line. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly message: string };

/** Rootless where user namespaces are allowed; nothing of this machine is touched. */
export function checkRuleset(text: string, options: LintOptions = {}): CheckResult {
  const loaded = loadInThrowAwayNamespace(text);
  if (loaded.ok) return { kind: 'judged', findings: lint(parseLoaded(loaded.output), { ...options, text }) };
  return { kind: loaded.why === 'refused' ? 'refused' : 'unavailable', message: loaded.message };
}
