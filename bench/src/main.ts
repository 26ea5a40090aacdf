#!/usr/bin/env node
// `pnpm bench`: what every layer costs. Reads the command line, runs one experiment, writes its reports.
import { buildCommandLine } from './command/command-line.ts';

try {
  await buildCommandLine().parseAsync();
} catch (error) {
  for (let part = error; part instanceof Error; part = part.cause) console.error(`bench: ${part.message}`);
  process.exitCode = 1;
}
