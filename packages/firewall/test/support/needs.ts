// What a laboratory test cannot do without. Off root it is skipped with the reason; under CI a missing thing is a failure.
import { spawnSync } from 'node:child_process';
import { beforeEach } from 'vitest';

/** Programs by name; `root` for the right to make namespaces. */
export function needs(...what: readonly string[]): void {
  const missing = what.filter((name) => !has(name));
  beforeEach((context) => {
    if (missing.length === 0) return;
    const reason = `needs ${missing.join(', ')}`;
    if (process.env['CI'] === 'true') throw new Error(`${reason}, which CI must have`);
    context.skip(reason);
  });
}

function has(name: string): boolean {
  if (name === 'root') return process.getuid?.() === 0;
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}
