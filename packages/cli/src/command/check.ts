// `tollgate check`: every mistake of the configuration at once, each with its place.
import type { Command } from 'commander';
import { findConfig } from '../configuration/find.ts';
import { loadConfiguration, type Loaded } from '../configuration/load.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { configOption, jsonOption } from './options.ts';

const HELP = `
Prints each mistake as FILE:LINE:COLUMN: path: expected …, got … and exits 78; exits 0 when there is none.
It looks at the files the configuration names too: certificates, keys, directories, app modules.

Examples:
  tollgate check
  tollgate check -c /etc/tollgate/tollgate.yaml && tollgate reload
  tollgate check --json | jq -r '.errors[]'
`;

export function addCheck(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('check')
    .description('say everything that is wrong with the configuration')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action((options: { config?: string; json?: boolean }) => finish(check(options)));
}

function check(options: { config?: string; json?: boolean }): ExitCode {
  const file = findConfig({ flag: options.config, env: process.env });
  const loaded = loadConfiguration({ file, env: process.env });
  if (options.json === true) console.log(jsonOf(file, loaded));
  else if (loaded.ok) console.log([...warningLines(loaded.warnings), `${file}: no mistakes`].join('\n'));
  else console.error(loaded.errors.join('\n'));
  return loaded.ok ? EXIT.ok : EXIT.configuration;
}

function jsonOf(file: string, loaded: Loaded): string {
  const found = loaded.ok
    ? { errors: [], warnings: loaded.warnings }
    : { errors: loaded.errors, warnings: [] };
  return JSON.stringify({ file, ok: loaded.ok, ...found });
}

function warningLines(warnings: readonly string[]): string[] {
  return warnings.map((warning) => `warning: ${warning}`);
}
