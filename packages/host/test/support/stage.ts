// A staged machine: a directory with the proc, sys and etc files a test names, removed with the test.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { HostRoot } from '../../src/index.ts';

export type Files = Readonly<Record<string, string>>;

export function stage(files: Files): HostRoot {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-host-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path };
}
