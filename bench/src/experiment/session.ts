// What every experiment is handed: the scope that owns it all, places for files, the rows' log, warnings and progress.
import { mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Line, Plan } from '../format/line.ts';
import type { Warning } from '../format/result.ts';
import { type CertificateFiles, writeCertificate } from '../lab/certificate.ts';
import { chooseCores, type Cores } from '../lab/cores.ts';
import { ownRuleset } from '../lab/own-ruleset.ts';
import { canIsolate } from '../lab/lab.ts';
import { machineCard } from '../lab/machine.ts';
import { Scope } from '../lab/scope.ts';
import type { Subject } from '../lab/subject/contract.ts';
import { openWorkplace, sweepStale } from '../lab/workplace.ts';
import type { Options } from './options.ts';
import { type Random, seededRandom } from '../stats/random.ts';
import { warn } from '../stats/warnings.ts';
import { openProgress, type Progress } from './progress.ts';

export interface Session {
  readonly kind: string;
  readonly options: Options;
  readonly startedAt: Date;
  readonly scope: Scope;
  readonly cores: Cores;
  /** False: a loopback lab, without namespaces, firewall and journal. */
  readonly isolated: boolean;
  readonly certificate: CertificateFiles;
  readonly ownRuleset: string;
  readonly random: Random;
  readonly progress: Progress;
  /** A new, empty directory below the workplace. */
  directory(name: string): string;
  /** Before anything is measured: what the rows will have to be read with. */
  describe(plan: Plan): Promise<void>;
  /** Written to disk before anything is computed from it. */
  keep(line: Line): void;
  /** Texts by file name, kept with the results under what they configured. */
  keepConfigs(name: string, configs: Subject['configs']): void;
  /** Of the place; what is told from the rows is told with the result. */
  warn(warning: Warning): void;
  readonly results: string;
}

export async function openSession(scope: Scope, kind: string, options: Options): Promise<Session> {
  if (process.platform !== 'linux')
    throw new Error(`the laboratory reads Linux's /proc: expected linux, got ${process.platform}`);
  const startedAt = new Date();
  const swept = sweepStale();
  const workplace = openWorkplace(scope);
  const progress = openProgress(scope);
  for (const name of swept) progress.say(`bench: removed what an earlier run left: ${name}`);
  const results = resultsDirectory(kind, options, startedAt);
  // Open until the process ends: its last line says that all was well.
  const rows = openSync(join(results, 'rows.jsonl'), 'a');
  const keep = (line: Line): void => void writeSync(rows, `${JSON.stringify(line)}\n`);
  const session: Session = {
    kind,
    options,
    startedAt,
    scope,
    cores: chooseCores(),
    isolated: canIsolate(),
    certificate: await writeCertificate(workplace),
    ownRuleset: ownRuleset(),
    random: seededRandom(options.seed),
    progress,
    directory: directories(workplace),
    describe: async (plan) =>
      keep({
        line: 'description',
        startedAt: startedAt.toISOString(),
        command: options.command,
        machine: await machineCard(),
        plan,
      }),
    keep,
    keepConfigs: (name, configs) => keepConfigs(results, workplace, name, configs),
    warn: (warning) => keep({ line: 'warning', warning }),
    results,
  };
  warnOfThePlace(session);
  return session;
}

function resultsDirectory(kind: string, options: Options, startedAt: Date): string {
  const stamp = startedAt.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const directory = options.outDirectory ?? join(import.meta.dirname, '../../results', `${stamp}-${kind}`);
  mkdirSync(directory, { recursive: true });
  // Of an earlier run into the same directory: its rows are not this one's.
  for (const file of ['rows.jsonl', 'result.json']) rmSync(join(directory, file), { force: true });
  return directory;
}

function directories(workplace: string): (name: string) => string {
  let count = 0;
  return (name) => {
    const directory = join(workplace, `${++count}-${name.replaceAll(/[^a-z0-9]+/gi, '-')}`);
    mkdirSync(directory);
    return directory;
  };
}

/** The workplace's path differs from run to run and says nothing, so the kept text has a name in its place. */
function keepConfigs(results: string, workplace: string, name: string, configs: Subject['configs']): void {
  for (const [file, text] of Object.entries(configs)) {
    const directory = join(results, 'configs', name.replaceAll(/[^a-z0-9.+-]+/gi, '-'));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, file), text.replaceAll(workplace, '/LAB'));
  }
}

function warnOfThePlace(session: Session): void {
  if (!session.isolated) session.warn(warn.noRoot());
  if (session.cores.shared) session.warn(warn.sharedCore());
}
