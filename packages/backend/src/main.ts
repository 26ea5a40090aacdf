// `npm run backend`: the site alone. HOST, PORT, UNIX_SOCKET, TLS=on|off, REQUEST_LOG=on|off|errors|auto.
import { createEventLog, createRequestLog } from '@tollgate/log';
import { startSite } from './listen/server.ts';
import { readSettings } from './settings.ts';

/** sysexits.h: a mistake in the configuration. */
const EX_CONFIG = 78;

/** On stdout; events go to stderr. */
const REQUEST_LOG = { to: 'stdout', format: 'json', slowMs: 1000, busyDelayMs: 50 } as const;

const read = readSettings(process.env);
if (read.kind === 'bad') {
  for (const error of read.errors) console.error(`backend: ${error}`);
  process.exit(EX_CONFIG);
}

const events = createEventLog({ level: 'info' });
const requestLog = createRequestLog({ ...REQUEST_LOG, mode: read.settings.requestLog, eventLog: events.log });
const site = await startSite(read.settings, { requestLog, eventLog: events.log }).catch(
  async (error: Error) => {
    events.say(`backend: cannot start: ${error.message}`);
    await events.close();
    return process.exit(1);
  },
);
events.say(`backend: answering on ${site.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());

async function end(): Promise<void> {
  await site.close();
  await requestLog.close();
  await events.close();
}
