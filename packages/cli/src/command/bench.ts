// `tollgate bench`: hands its words to the laboratory, a program of its own that this command does not import.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { CommandFailure, EXIT } from '../exit.ts';

const BENCH = fileURLToPath(new URL('../../../../bench/src/main.ts', import.meta.url));

export function addBench(program: Command, finish: (code: number) => void): void {
  program
    .command('bench')
    .description('measure what every layer costs (the same as `pnpm bench`)')
    .argument('[words...]', 'a subcommand of the bench and its options; `bench --help` lists them')
    // Its help and its mistakes are its own.
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: string[]) => finish(await bench(words)));
}

async function bench(words: readonly string[]): Promise<number> {
  if (!existsSync(BENCH)) {
    throw new CommandFailure(
      'tollgate: the bench is part of the checkout, not of the installed package; clone the repository and run `npx tollgate bench` there',
    );
  }
  const child = spawn(process.execPath, ['--conditions=@tollgate/source', BENCH, ...words], {
    stdio: 'inherit',
  });
  // Ctrl-C reaches the bench by itself, which takes its laboratory down; this process waits for it.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? EXIT.failure));
  });
}
