// `pnpm check`: format, lint, types, dead code and architecture, each named, all run, the failures last.
import { spawnSync } from 'node:child_process';

const STEPS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format', 'oxfmt', '--check', '.'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings', '.'],
  ['types', 'tsc', '-p', 'tsconfig.json'],
  // Each package by itself: what one declares for all is not there in another.
  ['build', 'tsc', '-b', 'tsconfig.build.json'],
  ['dead code', 'knip', '--no-progress'],
  ['architecture', 'vitest', 'run', '--project', 'unit', 'test/architecture.test.ts', '--reporter=dot'],
];

const failed = STEPS.filter(([name, command, ...args]) => {
  console.log(`check: ${name}`);
  return spawnSync(command, args, { stdio: 'inherit' }).status !== 0;
}).map(([name]) => name);

console.log(failed.length === 0 ? 'check: all passed' : `check: failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
