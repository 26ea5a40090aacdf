// The generator as a process: a LoadSpec in (first argument, or a line on stdin), LoadEvents out, a line each.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { generate } from './generator.ts';
import { readSpec } from './spec-reader.ts';
import type { LoadEvent, LoadSpec } from './spec.ts';

/** What a run may take beyond its own plan before it is ended by force. */
const OVERTIME_MS = 15_000;

const say = (event: LoadEvent): void => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};

try {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort()).once('SIGINT', () => stop.abort());
  const spec = readSpec(process.argv[2] ?? (await specFromParent(stop)));
  boundInTime(spec);
  say({ report: await generate(spec, say, stop.signal) });
  process.exit(0);
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}

/** The parent keeps stdin open for as long as it lives: its end, even by kill -9, ends the load. */
async function specFromParent(stop: AbortController): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  const closed = once(lines, 'close').then(() => '');
  const first = once(lines, 'line').then(([line]) => String(line));
  const spec = await Promise.race([first, closed]);
  lines.once('close', () => stop.abort());
  return spec;
}

function boundInTime(spec: LoadSpec): void {
  const planned = spec.warmupMs + spec.durationMs + spec.timeoutMs;
  setTimeout(() => {
    say({ error: `expected to end within ${planned} ms, still running after ${OVERTIME_MS} ms more` });
    process.exit(1);
  }, planned + OVERTIME_MS).unref();
}
