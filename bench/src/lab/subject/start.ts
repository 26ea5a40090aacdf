// Starts a subject inside a lab: its configuration written, its programs up in order, each listening before the next.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LIVE, readListening } from '@tollgate/host';
import { intoJournal } from '../journal.ts';
import type { Lab } from '../lab.ts';
import type { Place } from '../place.ts';
import type { LabProcess } from '../process.ts';
import { SITE_DIRECTORY, type Program, type Subject } from './contract.ts';

/** A loaded machine may take long to start Node; a hang is still an error. */
const READY_WITHIN_MS = 30_000;
const POLL_MS = 25;

export interface RunningSubject {
  readonly subject: Subject;
  readonly processes: Readonly<Record<string, LabProcess>>;
}

export async function startSubject(lab: Lab, subject: Subject, directory: string): Promise<RunningSubject> {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(subject.configs)) writeFileSync(join(directory, name), text);
  if (subject.site !== undefined) writeSite(join(directory, SITE_DIRECTORY), subject.site);
  const processes: Record<string, LabProcess> = {};
  for (const program of subject.programs) {
    const started = launch(lab, program, directory);
    // Inside a namespace nothing outlives it, and its end is sooner than a graceful one.
    if (lab.namespace === undefined) lab.scope.defer(() => started.stop());
    processes[program.name] = started;
    await untilListening(lab.server, program, started);
    if (started.ended) throw endedEarly(program, started);
  }
  if (lab.journal !== undefined) processes['journald'] = lab.journal;
  return { subject, processes };
}

function writeSite(directory: string, files: Readonly<Record<string, number>>): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, bytes] of Object.entries(files))
    writeFileSync(join(directory, name), Buffer.alloc(bytes, 'x'));
}

function launch(lab: Lab, program: Program, directory: string): LabProcess {
  const argv = program.stdout === 'journal' ? intoJournal(program.argv) : program.argv;
  return lab.server.start(argv, {
    name: program.name,
    core: lab.cores.server,
    env: { ...program.env },
    cwd: directory,
    ...(program.fileLimit === undefined ? {} : { fileLimit: program.fileLimit }),
  });
}

const endedEarly = ({ name }: Program, { output }: LabProcess): Error =>
  new Error(`${name}: expected to go on running, it ended\n${output}`);

async function untilListening(place: Place, program: Program, started: LabProcess): Promise<void> {
  for (let waitedMs = 0; !listens(place, program); waitedMs += POLL_MS) {
    if (started.ended) throw endedEarly(program, started);
    if (waitedMs > READY_WITHIN_MS)
      throw new Error(`${program.name}: expected to listen within 30 s, did not\n${started.output}`);
    await delay(POLL_MS);
  }
}

function listens(place: Place, { listens }: Program): boolean {
  if ('unix' in listens) return existsSync(listens.unix);
  const listening = readListening(LIVE, place.netOf);
  const hex = hexOf(listens.address);
  return (
    listening.ok &&
    listening.value.some(({ addressHex, port }) => port === listens.port && addressHex === hex)
  );
}

/** As /proc/net/tcp has it: the four bytes of an IPv4 address turned round (host byte order; all Node platforms are little-endian). */
const hexOf = (address: string): string =>
  address
    .split('.')
    .map((byte) => Number(byte).toString(16).padStart(2, '0').toUpperCase())
    .toReversed()
    .join('');
