// `tollgate import nginx`: a Tollgate configuration from an nginx one, and an account of every line.
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CommandFailure, EXIT, type ExitCode } from '../exit.ts';
import { importNginx, type Imported } from '../import/nginx/import.ts';
import { NginxSyntaxError } from '../import/nginx/tokens.ts';

const HELP = `
Reads FILE and what it includes, and prints a Tollgate configuration. Each line that could not be carried over is a
comment at its top, with file, line and reason; so is each line that is not needed. Nothing is left out in silence.

What nginx keeps from people in a way that Tollgate does not have is closed to everybody: by "withhold", paths that
nobody gets, by "deny: any", or by a route that answers 403. Open it when you have said who may come in.

A site's part has around it what the nginx.conf above it says for all sites, but none of its other servers. Relative
names start from the directory of nginx.conf, as in nginx. A file that is included and not there is an error.

Examples:
  tollgate import nginx /etc/nginx/nginx.conf > tollgate.yaml
  tollgate import nginx /etc/nginx/sites-enabled/shop -o tollgate.yaml && tollgate check
`;

export function addImport(program: Command, finish: (code: ExitCode) => void): void {
  const command = program.command('import').description('make a configuration from another program’s');
  command
    .command('nginx')
    .argument('<file>', 'nginx.conf, or one site’s part of it')
    .description('make a configuration from an nginx one')
    .option('-o, --output <file>', 'write there, if there is no such file yet (default: stdout)')
    .addHelpText('after', HELP)
    .action((file: string, { output }: { output?: string }) => finish(importCommand(file, output)));
}

function importCommand(file: string, output: string | undefined): ExitCode {
  const imported = read(file);
  write(imported.yaml, output);
  const { carried, needless, left } = imported.lines;
  console.error(`${file}: ${carried} lines carried over, ${needless} not needed, ${left} not carried over`);
  return EXIT.ok;
}

function read(file: string): Imported {
  try {
    return importNginx(file);
  } catch (error) {
    if (error instanceof NginxSyntaxError) throw new CommandFailure(error.message, EXIT.configuration);
    throw new CommandFailure(`tollgate: import: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** An existing file is somebody's work. */
function write(yaml: string, output: string | undefined): void {
  if (output === undefined) {
    process.stdout.write(yaml);
    return;
  }
  try {
    writeFileSync(output, yaml, { flag: 'wx', mode: 0o644 });
  } catch (error) {
    throw new CommandFailure(`tollgate: import: ${error instanceof Error ? error.message : String(error)}`);
  }
}
