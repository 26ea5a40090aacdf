// A session and cells for the laboratory's own tests: everything is torn down with the test, results go to a directory of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Cell, type CellPlan, openCell } from '../../src/experiment/cell.ts';
import type { Options } from '../../src/experiment/options.ts';
import { openSession, type Session } from '../../src/experiment/session.ts';
import { canIsolate } from '../../src/lab/lab.ts';
import { Scope } from '../../src/lab/scope.ts';

/** Why the lab cannot run here, or `false`. Under CI nothing is skipped: what is missing fails by itself. */
export const noLab: string | false =
  canIsolate() || process.env['CI'] === 'true' ? false : 'needs root on Linux (network namespaces)';

export async function openTestSession(options: Partial<Options> = {}): Promise<Session> {
  const scope = new Scope();
  const outDirectory = mkdtempSync(join(tmpdir(), 'tollgate-bench-test-'));
  onTestFinished(async () => {
    await scope.close();
    rmSync(outDirectory, { recursive: true, force: true });
  });
  return openSession(scope, 'test', {
    command: 'test',
    seconds: undefined,
    connections: 50,
    connectionMode: undefined,
    rate: undefined,
    jsonFile: undefined,
    outDirectory,
    quick: true,
    seed: 1,
    ...options,
  });
}

export const openTestCell = async (plan: CellPlan): Promise<Cell> => openCell(await openTestSession(), plan);
