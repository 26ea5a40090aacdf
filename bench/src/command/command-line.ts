// The subcommands and their flags; help text that teaches what each is for.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Options } from '../experiment/options.ts';
import { CONNECTION_MODES, readMode } from './modes.ts';
import { present, runExperiment } from './run.ts';
import { breakdown } from '../experiment/breakdown.ts';
import { calibration } from '../experiment/calibration.ts';
import { crosscheck, type CrosscheckOptions } from '../experiment/crosscheck.ts';
import { crosscheckTable } from '../report/crosscheck.ts';
import { compare } from '../experiment/compare.ts';
import { knee } from '../experiment/knee.ts';
import { load } from '../experiment/load.ts';
import type { TargetOptions } from '../experiment/target.ts';
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
  readonly full?: true;
  readonly table?: number;
  readonly budget?: number;
  readonly pairs?: number;
  readonly only?: readonly string[];
  readonly h2?: true;
  readonly insecure?: true;
  readonly status?: number;
}

const EXAMPLES = `
Examples:
  pnpm bench                                 what hop, TLS, request log and firewall cost here
  pnpm bench cliff --seconds 12              the connection table fills up; watch it happen
  pnpm bench load https://localhost:8443/    a load test of any site, drawn second by second
  pnpm bench compare --only nginx,wire       the same work by nginx and by Tollgate, in turn

Everything measured is a row of rows.jsonl at once: what a run had come to when it was killed, report
tells. What a validity gate finds disturbed (steal, a generator held up, ...) is repeated a bounded
number of times, and counted; load never is: how much a site is burdened is yours to say, so it warns.

Cost is what the server's core spent on one good answer, in microseconds, at half of the load it can
bear. It comes with an interval; what cannot be told from noise is said to be so. Root is needed for
the firewall and the journal (network namespaces); without it the rest runs on loopback.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`;

export function buildCommandLine(): Command {
  const program = new Command('bench')
    .description('Measures what every layer between client and site costs on this machine.')
    .showHelpAfterError('(--help says what there is)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  addLadders(program);
  addTargets(program);
  addCrosscheck(program);
  program
    .command('report')
    .argument('<dir>', 'a results directory')
    .description('makes result and reports again from the rows there, also of a run that was cut short')
    .action(present);
  return program;
}

function addLadders(program: Command): void {
  shared(program.command('breakdown', { isDefault: true }))
    .description('the cost of each layer, rung by rung, with its interval (default; under 4 minutes)')
    .option('--budget <seconds>', 'time for the ladder in all (210; with --quick 110)', positive)
    .option('--only <words>', 'layers whose name holds one of these, by comma', words, [])
    .option(
      '--full',
      'every combination of four layers too: interactions and fair shares (some minutes more)',
    )
    .action((flags: Flags) =>
      runExperiment('breakdown', optionsOf(flags), (session) =>
        breakdown(session, {
          full: flags.full === true,
          budgetSeconds: flags.budget,
          only: flags.only ?? [],
        }),
      ),
    );
  shared(program.command('cliff'))
    .description('the outage replayed: the connection table fills, goodput falls, the cure holds (root)')
    .option(
      '--table <entries>',
      'size of the connection table, yours: sysctl net.netfilter.nf_conntrack_max',
      positive,
      8192,
    )
    .action((flags: Flags) =>
      runExperiment('cliff', optionsOf(flags), (session) => cliff(session, flags.table)),
    );
  shared(program.command('compare'))
    .description('the same work by Tollgate, nginx, HAProxy and Caddy in turn, as ratios to nginx')
    .option('--pairs <n>', 'how often each is measured at most', positive, 12)
    .option('--budget <seconds>', 'time for all of it', positive, 540)
    .option(
      '--only <words>',
      'works or subjects whose name holds one of these, by comma; also what a run of everything leaves out: peers "as shipped", "file of", "cached"',
      words,
      [],
    )
    .action((flags: Flags) =>
      runExperiment('compare', optionsOf(flags), (session) =>
        compare(session, {
          pairs: flags.pairs ?? 12,
          only: flags.only ?? [],
          budgetSeconds: flags.budget ?? 540,
        }),
      ),
    );
  shared(program.command('calibration'))
    .description('is the laboratory right here? layers of 20 and 100 µs must be found, nothing must not')
    .action((flags: Flags) => runExperiment('calibration', optionsOf(flags), calibration));
}

function addTargets(program: Command): void {
  target(program.command('load').argument('<url>', 'http:// or https://', site))
    .description('a load test of any site you may test, drawn second by second; names what broke')
    .action((url: string, flags: Flags) =>
      runExperiment('load', optionsOf(flags), (session) => load(session, url, targetOptionsOf(flags))),
    );
  target(program.command('knee').argument('[url]', 'in place of Tollgate in a lab of its own', site))
    .description('the highest rate that is still served well, and what limits it')
    .action((url: string | undefined, flags: Flags) =>
      runExperiment('knee', optionsOf(flags), (session) => knee(session, url, targetOptionsOf(flags))),
    );
}

function addCrosscheck(program: Command): void {
  program
    .command('crosscheck')
    .description('the load generator itself beside wrk and autocannon: goodput and CPU per answer, in turn')
    .option('--rounds <n>', 'how often each runs', positive, 6)
    .option('--seconds <n>', 'length of a run', positive, 2)
    .option('--connections <n>', 'connections at a time', positive, 64)
    .action(async (options: CrosscheckOptions) => {
      const rows = await crosscheck(options, (text) => console.error(`bench: ${text}`));
      console.log(crosscheckTable(rows, process.stdout.columns ?? 100));
    });
}

const target = (command: Command): Command =>
  shared(command)
    .option('--h2', 'HTTP/2')
    .option('--insecure', 'believe any certificate (a site on this machine always is)')
    .option('--status <n>', 'the status of a good answer', positive, 200);

const targetOptionsOf = (flags: Flags): TargetOptions => ({
  insecure: flags.insecure === true,
  expectStatus: flags.status ?? 200,
  protocol: flags.h2 === true ? 'h2' : 'h1',
});

const words = (text: string): readonly string[] => text.split(',').map((word) => word.trim());

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

/** http or https, which the load generator speaks. */
function site(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new InvalidArgumentError(`expected http://… or https://…, got ${text}`);
  return text;
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
