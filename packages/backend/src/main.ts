// `npm run backend`: the site alone. HOST, PORT, UNIX_SOCKET, TLS=on|off, REQUEST_LOG=on|off.
import { startSite } from './listen/server.ts';
import { readSettings } from './settings.ts';

/** sysexits.h: a mistake in the configuration. */
const EX_CONFIG = 78;

const read = readSettings(process.env);
if (read.kind === 'bad') {
  for (const error of read.errors) console.error(`backend: ${error}`);
  process.exit(EX_CONFIG);
}

const site = await startSite(read.settings);
console.error(`backend: answering on ${site.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void site.close());
}
