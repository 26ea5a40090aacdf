// `tollgate schema`: the JSON Schema of the configuration, for editors.
import type { Command } from 'commander';
import { configJsonSchema, configReference } from '@tollgate/core';
import { EXIT, type ExitCode } from '../exit.ts';

const HELP = `
Every key, its type, its meaning and its default. Editors with a YAML language server check as you type:

  tollgate schema > tollgate.schema.json
  # then, as the first line of tollgate.yaml:
  # yaml-language-server: $schema=./tollgate.schema.json
`;

export function addSchema(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('schema')
    .description('print the JSON Schema of the configuration')
    .option('--markdown', 'print the reference for people: every key, its values, default and meaning')
    .addHelpText('after', HELP)
    .action(({ markdown }: { markdown?: boolean }) => {
      process.stdout.write(
        markdown === true ? configReference() : `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`,
      );
      finish(EXIT.ok);
    });
}
