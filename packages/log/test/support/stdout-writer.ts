// A program for the tests: writes `lines` requests to stdout over `overMs`, then closes the log, and reports on IPC-free ground: a file.
// usage: stdout-writer.ts REPORT LINES OVER_MS NAME
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEventLog, createRequestLog } from '../../src/index.ts';
import { recordOf } from './record.ts';

const [report = '', lines = '0', overMs = '0', name = ''] = process.argv.slice(2);
const ROUNDS = 20;

const events = createEventLog({ level: 'info' });
const log = createRequestLog({
  mode: 'on',
  to: 'stdout',
  format: 'json',
  slowMs: 1000,
  busyDelayMs: 50,
  eventLog: events.log,
});

let longestRoundMs = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  const startedMs = performance.now();
  for (let index = 0; index < Number(lines) / ROUNDS; index += 1) log.write(recordOf({ path: `/${name}` }));
  await sleep(Number(overMs) / ROUNDS);
  longestRoundMs = Math.max(longestRoundMs, performance.now() - startedMs);
}
await log.close(200);
await events.close(200);
writeFileSync(report, JSON.stringify({ ...log.counters, longestRoundMs }));
process.exit(0);
