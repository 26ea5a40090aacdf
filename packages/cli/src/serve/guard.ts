// Runs the host's guard while we serve: warnings into the event log before the connection table or an accept queue is full.
import { type Alarm, Guard, type GuardOutlook, type GuardReading, LIVE, readGuard } from '@tollgate/host';
import { ACCEPT_BACKLOG } from '@tollgate/proxy';

/** All of the event log that the guard speaks through. */
type GuardLog = Readonly<Record<'info' | 'warn' | 'error', (fields: object, text: string) => void>>;

const EVERY_MS = 1000;

export interface Watch {
  /** The last look, for status and metrics. */
  readonly reading: GuardReading | undefined;
  readonly outlook: GuardOutlook;
  close(): void;
}

/** Idle cost: three reads of /proc a second. `ports` are asked each time, for a reload changes them. */
export function watchMachine(log: GuardLog, ports: () => ReadonlySet<number>, root = LIVE): Watch {
  const guard = new Guard();
  let reading: GuardReading | undefined;
  const look = (): void => {
    reading = readGuard(root, { ports: ports(), backlog: ACCEPT_BACKLOG });
    for (const alarm of guard.judge(reading)) tell(log, alarm);
  };
  const timer = setInterval(look, EVERY_MS).unref();
  return {
    get reading() {
      return reading;
    },
    get outlook() {
      return guard.outlook;
    },
    close: () => clearInterval(timer),
  };
}

function tell(log: GuardLog, { about, level, percent, secondsLeft, text }: Alarm): void {
  const fields = { guard: about, percent, ...(secondsLeft === undefined ? {} : { secondsLeft }) };
  if (level === 0) log.info(fields, text);
  else if (level === 75) log.warn(fields, text);
  else log.error(fields, text);
}
