// The subcommands and their flags; help text that teaches what each is for.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Options } from '../experiment/options.ts';
import { CONNECTION_MODES, readMode } from './modes.ts';
import { runExperiment } from './run.ts';
import { breakdown } from '../experiment/breakdown.ts';
import { cliff } from '../experiment/cliff.ts';

interface Flags {
  readonly seconds?: number;
  readonly connections: number;
  readonly connectionMode?: string;
  readonly rate?: number;
  readonly json?: string;
  readonly out?: string;
  readonly quick?: true;
  readonly seed?: number;
}

const EXAMPLES = `
Examples:
  pnpm bench                                 what hop, TLS, request log and firewall cost here
  pnpm bench cliff --seconds 12              the connection table fills up; watch it happen
  pnpm bench load https://localhost:8443/    a load test of any site, drawn second by second
  pnpm bench compare --only nginx,wire       the same work by nginx and by Tollgate, in turn

Cost is what the server's core spent on one good answer, in microseconds, at half of the load it can
bear. It comes with an interval; what cannot be told from noise is said to be so. Root is needed for
the firewall and the journal (network namespaces); without it the rest runs on loopback.`;

export function buildCommandLine(): Command {
  const program = new Command('bench')
    .description('Measures what every layer between client and site costs on this machine.')
    .showHelpAfterError('(--help says what there is)')
    .addHelpText('after', EXAMPLES);
  shared(program.command('breakdown', { isDefault: true }))
    .description('the cost of each layer, rung by rung, with its interval (default; under 4 minutes)')
    .action((flags: Flags) => runExperiment('breakdown', optionsOf(flags), breakdown));
  shared(program.command('cliff'))
    .description('the outage replayed: the connection table fills, goodput falls, the cure holds (root)')
    .action((flags: Flags) => runExperiment('cliff', optionsOf(flags), cliff));
  return program;
}

function shared(command: Command): Command {
  return command
    .option('--seconds <n>', 'length of a measured window or run', positive)
    .option('--connections <n>', 'connections at a time', positive, 125)
    .addOption(
      new Option('--connection-mode <mode>', 'a full handshake each, a resumed one, or none').choices(
        CONNECTION_MODES,
      ),
    )
    .option(
      '--rate <n>',
      'requests per second (open loop) in place of half of what the slower can do',
      positive,
    )
    .option('--json <file>', 'write result.json there too')
    .option('--out <dir>', 'results directory in place of bench/results/<UTC time>-<kind>')
    .option('--quick', 'fewer repetitions: wider intervals, sooner')
    .option('--seed <n>', 'order of measuring, to repeat a run', positive);
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError(`expected a number above 0, got ${JSON.stringify(text)}.`);
  return value;
}

function optionsOf(flags: Flags): Options {
  return {
    command: ['pnpm bench', ...process.argv.slice(2)].join(' '),
    seconds: flags.seconds,
    connections: flags.connections,
    connectionMode: readMode(flags.connectionMode),
    rate: flags.rate,
    jsonFile: flags.json,
    outDirectory: flags.out,
    quick: flags.quick === true,
    seed: flags.seed ?? Math.floor(Math.random() * 1_000_000) + 1,
  };
}
