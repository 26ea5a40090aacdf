// `tollgate doctor`: every check of this machine, what each means, the command that mends it. Changes nothing.
import { setTimeout as wait } from 'node:timers/promises';
import { bottleneck, type Check, gatherFacts, LIVE, runChecks, viewOf } from '@tollgate/host';
import { InvalidArgumentError, type Command } from 'commander';
import { EXIT, type ExitCode } from '../exit.ts';
import { certificateChecks } from './doctor/certificates.ts';
import { surveyOf, type Survey } from './doctor/survey.ts';
import { tableText, watchLine } from './doctor/table.ts';
import { configOption, jsonOption } from './options.ts';

const HELP = `
Looks for a second, then says what it found; exits 1 when a check fails. Without root it says what it could not see;
it needs no configuration.

Examples:
  tollgate doctor
  tollgate doctor --rate 436            how long would the connection table last at this many new connections a second?
  tollgate doctor --watch               name the bottleneck each second, while a load test runs
  tollgate doctor --pid $(pgrep -o nginx)
  tollgate doctor --json | jq -r '.checks[] | select(.status == "fail") | .fix'
`;

interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly pid?: number;
  readonly rate?: number;
  readonly seconds: number;
}

export function addDoctor(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('doctor')
    .description('say what on this machine will stop the site under load, and what mends it')
    .addOption(configOption())
    .addOption(jsonOption())
    .option('--watch', 'look again each second until Ctrl-C')
    .option('--pid <pid>', 'look at the namespace, files and quota of this process', parseCount)
    .option('--rate <n>', 'judge by this many new connections a second in place of the measured', parseCount)
    .option('--seconds <n>', 'how long to look', parseCount, 1)
    .addHelpText('after', HELP)
    .action(async (options: Options) => finish(await doctor(options)));
}

function parseCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above 0');
}

async function doctor(options: Options): Promise<ExitCode> {
  const survey = surveyOf(options.config, options.pid);
  if (options.watch === true) return watch(options, survey);
  const certificates = survey.config === undefined ? [] : await certificateChecks(survey.config);
  const checks = [...(await look(options, survey, true)), ...survey.checks, ...certificates];
  const { notes } = survey;
  console.log(options.json === true ? JSON.stringify({ checks, notes }) : tableText(checks, notes));
  return checks.some(({ status }) => status === 'fail') ? EXIT.failure : EXIT.ok;
}

async function look(options: Options, survey: Survey, journal: boolean): Promise<readonly Check[]> {
  const gather = () => gatherFacts({ root: LIVE, pid: options.pid, journal });
  const before = gatherFacts({ root: LIVE, pid: options.pid });
  await wait(options.seconds * 1000);
  const expect = {
    ...survey.expect,
    ...(options.rate === undefined ? {} : { connectionsPerSecond: options.rate }),
  };
  return runChecks(viewOf(before, gather(), expect));
}

/** Until Ctrl-C, which ends the process as it does everywhere. */
async function watch(options: Options, survey: Survey): Promise<ExitCode> {
  for (;;) {
    const checks = await look(options, survey, false);
    const worst = bottleneck(checks.filter(({ confidence }) => confidence !== 'low'));
    const at = new Date().toISOString();
    console.log(
      options.json === true
        ? JSON.stringify({ at, bottleneck: worst ?? null, checks })
        : watchLine(at, worst),
    );
  }
}
