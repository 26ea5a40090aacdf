// A fault nobody caught leaves unknown state behind: say what it was, save the logs, end, and let who watches start anew.
import type { OwnedEventLog } from '@tollgate/log';
import { EXIT } from '../exit.ts';

/** Logs and connections get this long to close. */
const CLOSE_MS = 2000;

/** `close` is called once, when a fault happens. */
export function dieLoudly(events: OwnedEventLog, close: () => Promise<void>): void {
  process.on('uncaughtException', (error) => {
    events.log.fatal({ err: error }, 'a fault nobody caught: ending');
    setTimeout(() => process.exit(EXIT.failure), CLOSE_MS);
    void endAfter(events, close);
  });
}

async function endAfter(events: OwnedEventLog, close: () => Promise<void>): Promise<void> {
  try {
    await close();
    await events.close();
  } finally {
    process.exit(EXIT.failure);
  }
}
