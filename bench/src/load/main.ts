// The generator as a process: a LoadSpec in (first argument, or a line on stdin, as many as there are), LoadEvents out, a line each.
import { createInterface } from 'node:readline';
import { Connections } from './connections.ts';
import { generateOver } from './generator.ts';
import { readSpec } from './spec-reader.ts';
import type { LoadEvent, LoadSpec } from './spec.ts';

/** What a run may take beyond its own plan before it is ended by force. */
const OVERTIME_MS = 15_000;

const stop = new AbortController();
let isIdle = true;
let kept: Connections | null = null;
process.once('SIGTERM', end).once('SIGINT', end);
const given = process.argv[2];
process.exit((await (given === undefined ? runLines() : run(given))) ? 0 : 1);

/** The parent keeps stdin open for as long as it lives: its end, even by kill -9, ends the load. */
async function runLines(): Promise<boolean> {
  const lines = createInterface({ input: process.stdin });
  lines.once('close', end);
  let went = true;
  for await (const line of lines) went = await run(line);
  return went;
}

/** A run under way still reports what was measured until now. */
function end(): void {
  if (isIdle) process.exit(0);
  stop.abort();
}

/** False: no report, and why was said. */
async function run(text: string): Promise<boolean> {
  isIdle = false;
  let overtime: NodeJS.Timeout | undefined;
  let keeps = false;
  try {
    const spec = readSpec(text);
    keeps = spec.keepOpen === true;
    overtime = boundInTime(spec);
    say({ report: await generateOver(await connectionsFor(spec), spec, say, stop.signal) });
    return true;
  } catch (error) {
    say({ error: error instanceof Error ? error.message : String(error) });
    return false;
  } finally {
    clearTimeout(overtime);
    if (!keeps) letGo();
    isIdle = true;
    if (stop.signal.aborted) end();
  }
}

/** Those of the last load, if it kept them and they fit. */
async function connectionsFor(spec: LoadSpec): Promise<Connections> {
  if (kept?.fit(spec) !== true) {
    letGo();
    kept = await Connections.open(spec);
  }
  return kept;
}

function letGo(): void {
  kept?.close();
  kept = null;
}

function boundInTime(spec: LoadSpec): NodeJS.Timeout {
  const planned = spec.warmupMs + spec.durationMs + spec.timeoutMs;
  return setTimeout(() => {
    say({ error: `expected to end within ${planned} ms, still running after ${OVERTIME_MS} ms more` });
    process.exit(1);
  }, planned + OVERTIME_MS);
}

function say(event: LoadEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
