// A journald of the lab's own inside the server's namespace, so that its toll can be measured and the machine's journal stays clean.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Namespace } from './namespace.ts';
import type { LabProcess } from './process.ts';

const DAEMON = '/lib/systemd/systemd-journald';
/** In memory and small, as a 1 GB server has it; no rate limit, because dropped lines would look cheap. */
const CONF = `[Journal]
Storage=volatile
RuntimeMaxUse=64M
RateLimitIntervalSec=0
ForwardToSyslog=no
ForwardToConsole=no
ForwardToWall=no
`;
const READY_WITHIN_MS = 5000;

/** Programs inside find it at the usual /run/systemd/journal: that /run is the namespace's own. */
export async function startJournal(server: Namespace, core: number): Promise<LabProcess> {
  if (!existsSync(DAEMON)) throw new Error(`missing: ${DAEMON}. Install with: apt-get install systemd`);
  const make = `mkdir -p /run/systemd/journal.lab /run/systemd/journald@lab.conf.d &&
    ln -s journal.lab /run/systemd/journal && cat > /run/systemd/journald@lab.conf.d/lab.conf`;
  await server.run(['sh', '-c', make], CONF);
  const daemon = server.start([DAEMON, 'lab'], { name: 'journald', core });
  const socket = join(server.root, 'run/systemd/journal.lab/stdout');
  for (let waitedMs = 0; !existsSync(socket); waitedMs += 20) {
    if (daemon.ended || waitedMs > READY_WITHIN_MS)
      throw new Error(`journald did not start: ${daemon.output}`);
    await delay(20);
  }
  return daemon;
}

/** Runs a program with its stdout and stderr in the journal, one entry a line. */
export const intoJournal = (argv: readonly string[]): readonly string[] => [
  'systemd-cat',
  '--identifier=tollgate-lab',
  '--level-prefix=false',
  ...argv,
];
