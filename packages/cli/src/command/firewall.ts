// `tollgate firewall`: the machine's firewall from the same file; printed, judged, proved, applied so that it undoes itself.
import { InvalidArgumentError, type Command } from 'commander';
import type { ExitCode } from '../exit.ts';
import { applyCommand, confirmCommand, revertCommand } from './firewall/apply.ts';
import { checkCommand } from './firewall/check.ts';
import { FORMATS, printCommand } from './firewall/print.ts';
import { PROVABLE, proveCommand } from './firewall/prove.ts';
import { statusCommand } from './firewall/status.ts';
import { configOption, jsonOption } from './options.ts';

const HELP = `
The order of things:
  tollgate firewall print                 read it
  tollgate firewall check                 does the kernel take it, and does it do what it should?
  tollgate firewall prove                 send packets at it, in namespaces; this machine is not touched (root)
  tollgate firewall apply --confirm 60    load it; undone after 60 s unless …
  tollgate firewall confirm               … you can still type this
  tollgate firewall status                what it has counted

Other hosts and providers:
  tollgate firewall print --format iptables
  tollgate firewall print --format linode | curl … (the body of its cloud firewall API)
  tollgate firewall check /etc/nftables.conf   judges any ruleset
`;

export function addFirewall(program: Command, finish: (code: ExitCode) => void): void {
  const firewall = program
    .command('firewall')
    .description('write, judge, prove and apply the firewall of this machine')
    .addHelpText('after', HELP);
  firewall
    .command('print')
    .description('print the ruleset')
    .addOption(configOption())
    .option('--format <format>', FORMATS.join(', '), oneOf(FORMATS), 'nft')
    .action((options) => finish(printCommand(options)));
  firewall
    .command('check')
    .description('judge a ruleset: the one from the configuration, or a file of anybody')
    .argument('[file]', 'nft file; - for standard input')
    .addOption(configOption())
    .addOption(jsonOption())
    .action((file, options) => finish(checkCommand(file, options)));
  firewall
    .command('prove')
    .description('run the behaviour matrix against the ruleset in network namespaces (root)')
    .addOption(configOption())
    .option('--format <format>', `as loaded by ${PROVABLE.join(' or ')}`, oneOf(PROVABLE), 'nft')
    .addOption(jsonOption())
    .action(async (options) => finish(await proveCommand(options)));
  addApply(firewall, finish);
}

function addApply(firewall: Command, finish: (code: ExitCode) => void): void {
  firewall
    .command('apply')
    .description('load the ruleset; it is undone unless it is confirmed (root)')
    .addOption(configOption())
    .option('--confirm <seconds>', 'time to confirm, 5 to 3600', parseSeconds, 60)
    .action(async (options) => finish(await applyCommand(options)));
  firewall
    .command('confirm')
    .description('keep what was applied')
    .action(() => finish(confirmCommand()));
  firewall
    .command('revert')
    .description('undo what was applied, now')
    .action(() => finish(revertCommand()));
  firewall
    .command('status')
    .description('what the ruleset has counted, and whether an apply waits')
    .addOption(jsonOption())
    .action((options) => finish(statusCommand(options)));
}

const oneOf =
  (formats: readonly string[]) =>
  (text: string): string => {
    if (formats.includes(text)) return text;
    throw new InvalidArgumentError(`expected ${formats.join(', ')}`);
  };

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 5 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError('expected a whole number from 5 to 3600');
}
