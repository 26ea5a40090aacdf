// `tollgate firewall check`: nft's opinion of the text, then ours of what it would do. Needs no root.
import { readFileSync } from 'node:fs';
import { checkRuleset, type CheckResult, type Finding } from '@tollgate/firewall';
import { CommandFailure, EXIT, type ExitCode } from '../../exit.ts';
import { plan } from './policy.ts';

export function checkCommand(
  file: string | undefined,
  options: { config?: string; json?: boolean },
): ExitCode {
  const planned = file === undefined ? plan(options.config) : undefined;
  const text = planned?.text ?? readRuleset(file ?? '-');
  const ports =
    planned === undefined
      ? {}
      : { webPorts: planned.policy.webPorts, sshPort: planned.policy.ssh?.port ?? 22 };
  const result = checkRuleset(text, ports);
  const name = planned === undefined ? (file ?? '-') : `the ruleset of ${planned.file}`;
  console.log(options.json === true ? JSON.stringify(result) : describe(name, result));
  const bad = result.kind !== 'judged' || result.findings.some(({ severity }) => severity === 'error');
  return bad ? EXIT.failure : EXIT.ok;
}

function readRuleset(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file}: expected a readable nft file, got ${String(error)}`);
  }
}

function describe(name: string, result: CheckResult): string {
  if (result.kind === 'refused') return `${name}: nft does not take it\n${result.message}`;
  if (result.kind === 'unavailable') return `${name}: not checked: ${result.message}`;
  if (result.findings.length === 0) return `${name}: nft takes it, and nothing is wrong with what it does`;
  return [`${name}: nft takes it, but`, ...result.findings.map(findingText)].join('\n');
}

const findingText = ({ severity, id, where, reason, mend }: Finding): string =>
  `\n${severity}: ${id} (${where})\n  ${reason}\n  mend: ${mend}`;
