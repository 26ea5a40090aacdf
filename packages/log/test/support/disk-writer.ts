// A program for the tests: logs to a small disk that something else has nearly filled, floods the log, frees the disk, goes on.
// usage: disk-writer.ts DISK REPORT
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEventLog, createRequestLog } from '../../src/index.ts';
import { recordOf } from './record.ts';

const [disk = '', report = ''] = process.argv.slice(2);
const FLOOD = 20_000;
const ballast = join(disk, 'ballast');
const file = join(disk, 'access.log');

writeFileSync(ballast, Buffer.alloc(480 * 1024));
const events = createEventLog({ level: 'info' });
const log = createRequestLog({
  mode: 'on',
  to: { file },
  format: 'json',
  slowMs: 1000,
  busyDelayMs: 50,
  eventLog: events.log,
});
for (let index = 0; index < FLOOD; index += 1) log.write(recordOf({ path: `/${index}` }));
await sleep(1500);

// What had filled the disk goes, and the admin moves what was logged out of the way, over and over: as logrotate does, for
// until it is reopened the log may still be writing to the file under its other name.
rmSync(ballast);
let written = '';
const rotated = `${file}.1`;
const collect = (from: string): void => {
  // A full disk may end a file with half a line, which counts as lost once the file is reopened.
  const text = readFileSync(from, 'utf8');
  written += text.slice(0, text.lastIndexOf('\n') + 1);
  rmSync(from);
};
for (let round = 0; round < 200 && log.counters.written < FLOOD - log.counters.dropped; round += 1) {
  await log.flush(20);
  renameSync(file, rotated);
  await log.reopen();
  collect(rotated);
}
log.write(recordOf({ path: '/after' }));
await log.close();
collect(file);
await events.close();
writeFileSync(report, JSON.stringify({ counters: { ...log.counters, appended: FLOOD + 1 }, written }));
process.exit(0);
