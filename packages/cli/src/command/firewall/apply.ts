// `tollgate firewall apply`, `confirm` and `revert`: what the person at the keyboard is told at each turn.
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  applyRuleset,
  checkRuleset,
  confirmApply,
  findSshSession,
  revertApply,
  RootExpected,
} from '@tollgate/firewall';
import { CommandFailure, EXIT, type ExitCode } from '../../exit.ts';
import { plan } from './policy.ts';

/** Loaded at the start of the machine by deploy/systemd/tollgate-firewall.service. */
const KEPT = '/etc/tollgate/firewall.nft';

export async function applyCommand(options: { config?: string; confirm: number }): Promise<ExitCode> {
  const { file, text, policy } = plan(options.config);
  const judged = checkRuleset(text, { webPorts: policy.webPorts });
  const errors =
    judged.kind === 'judged' ? judged.findings.filter(({ severity }) => severity === 'error') : [];
  if (errors.length > 0) {
    throw new CommandFailure(errors.map(({ id, reason }) => `refused: ${id}: ${reason}`).join('\n'));
  }
  const result = await applyRuleset({
    text,
    policy,
    confirmSeconds: options.confirm,
    session: findSshSession(),
  });
  if (result.kind === 'refused') {
    throw new CommandFailure(result.reasons.map((reason) => `refused: ${reason}`).join('\n'));
  }
  console.log(
    `The ruleset of ${file} is loaded. It is undone in ${result.seconds} s (by ${reverterText(result.reverter)}) unless you confirm.\n` +
      'Open a second session to be sure that you still get in, then type there:\n\n  tollgate firewall confirm\n',
  );
  return EXIT.ok;
}

const reverterText = (reverter: 'systemd' | 'process'): string =>
  reverter === 'systemd' ? 'a systemd timer' : 'a process of its own';

export function confirmCommand(): ExitCode {
  const result = asRoot(confirmApply);
  if (result.kind === 'nothing-pending') throw new CommandFailure('nothing waits for a confirm');
  if (result.kind === 'too-late') {
    throw new CommandFailure(
      'too late: it has been undone, or is about to be; apply it again, with a longer --confirm',
    );
  }
  console.log(`Confirmed: it stays until the machine restarts.${keep(result.text)}`);
  return EXIT.ok;
}

function keep(text: string): string {
  if (!existsSync(dirname(KEPT))) return ` To load it at start too, install the service: deploy/install.sh`;
  writeFileSync(`${KEPT}.new`, text, { mode: 0o644, flush: true });
  renameSync(`${KEPT}.new`, KEPT);
  return ` Written to ${KEPT}, which tollgate-firewall.service loads at start.`;
}

export function revertCommand(): ExitCode {
  const result = asRoot(revertApply);
  if (result.kind === 'nothing-pending') {
    throw new CommandFailure(
      'nothing waits for a confirm. To take a confirmed ruleset away, now and for the next start:\n' +
        `  nft delete table inet tollgate; rm -f ${KEPT}`,
    );
  }
  if (result.kind === 'failed') {
    throw new CommandFailure(
      `could not be undone: ${result.message}\n` +
        'It is tried again when its time is over. To try now: tollgate firewall revert; by hand: nft delete table inet tollgate',
    );
  }
  console.log(
    result.kind === 'reverted'
      ? 'Undone: the ruleset is as it was before.'
      : `Undone by taking the table inet tollgate away, since the ruleset before it does not load: ${result.message}`,
  );
  return EXIT.ok;
}

function asRoot<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw error instanceof RootExpected ? new CommandFailure(error.message) : error;
  }
}
