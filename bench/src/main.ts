#!/usr/bin/env node
// `pnpm bench`: what every layer costs. Reads the command line, runs one experiment, writes its reports.
import { CommanderError } from 'commander';
import { buildCommandLine } from './command/command-line.ts';
import { UsageError } from './experiment/usage-error.ts';

/** As of `tollgate`, which hands them on. */
const FAILED = 1;
const WRONG_USAGE = 2;

try {
  await buildCommandLine().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has printed its own message.
  if (!(error instanceof CommanderError)) tell(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
  return error instanceof UsageError ? WRONG_USAGE : FAILED;
}

function tell(error: unknown): void {
  for (let part = error; part instanceof Error; part = part.cause) console.error(`bench: ${part.message}`);
}
