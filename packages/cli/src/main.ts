// The `tollgate` command: finds the subcommand, and turns its outcome into an exit code.
import { Command, CommanderError } from 'commander';
import { addBench } from './command/bench.ts';
import { addCheck } from './command/check.ts';
import { addDoctor } from './command/doctor.ts';
import { addFirewall } from './command/firewall.ts';
import { addImport } from './command/import.ts';
import { addReload } from './command/reload.ts';
import { addSchema } from './command/schema.ts';
import { addServe } from './command/serve.ts';
import { addStatus } from './command/status.ts';
import { addWorker } from './command/worker.ts';
import { CommandFailure, EXIT } from './exit.ts';
import { readVersion } from './version.ts';

const HELP = `
Start here:
  tollgate check                     is the configuration right?
  tollgate serve                     serve it; https://localhost:8443 with the configuration of the checkout
  tollgate status                    what is it doing?
  tollgate reload                    take over a change without losing a connection
  tollgate firewall print            the firewall that belongs to it
  tollgate COMMAND --help            examples for each

Exit codes: 0 done, 1 failed, 2 wrong usage, 78 mistakes in the configuration.
`;

function buildProgram(finish: (code: number) => void): Command {
  const program = new Command('tollgate')
    .description('A web front tier for small servers: TLS, apps, upstreams and files from one configuration.')
    .version(readVersion(), '-V, --version')
    .showHelpAfterError('(tollgate --help lists the commands)')
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', HELP);
  for (const add of [
    addServe,
    addCheck,
    addReload,
    addStatus,
    addDoctor,
    addFirewall,
    addBench,
    addSchema,
    addImport,
    addWorker,
  ])
    add(program, finish);
  return program;
}

async function main(): Promise<void> {
  let exitCode: number = EXIT.ok;
  try {
    await buildProgram((code) => {
      exitCode = code;
    }).parseAsync();
  } catch (error) {
    exitCode = codeFor(error);
  }
  // Not left to the event loop: an app may hold handles that would keep the process for ever.
  process.exit(exitCode);
}

function codeFor(error: unknown): number {
  // Commander has printed its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CommandFailure) console.error(error.message);
  else console.error('tollgate: a fault of tollgate itself:', error);
  return error instanceof CommandFailure ? error.exitCode : EXIT.failure;
}

await main();
