// `npm test`: checks, then every test, then one closing line `N passed, N failed` for whoever counts.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

const RESULTS = 'test/results';

function installPeers(): Tally {
  if (process.env['CI'] !== 'true') return { passed: 0, failed: 0 };
  const { status } = spawnSync('sh', ['test/support/install-peers.sh'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status === 0 ? { passed: 0, failed: 0 } : { passed: 0, failed: 1 };
}

function check(): Tally {
  const { status } = spawnSync(process.execPath, ['test/support/check.ts'], { stdio: 'inherit' });
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** A project that died without a report, or failed outside a test, is one failure: never a silent pass. */
function vitest(project: 'unit' | 'namespaces' | 'lab'): Tally {
  const report = `${RESULTS}/${project}.json`;
  rmSync(report, { force: true });
  const args = [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const { status } = spawnSync('vitest', [...args, '--passWithNoTests'], { stdio: 'inherit' });
  const { numPassedTests, numFailedTests } = readReport(report);
  const brokenOutsideTests = status !== 0 && numFailedTests === 0 ? 1 : 0;
  return { passed: numPassedTests, failed: numFailedTests + brokenOutsideTests };
}

function readReport(file: string): Pick<VitestReport, 'numPassedTests' | 'numFailedTests'> {
  try {
    const report: VitestReport = JSON.parse(readFileSync(file, 'utf8'));
    return report;
  } catch {
    // No report: the run died; the caller counts it by its exit status.
    return { numPassedTests: 0, numFailedTests: 0 };
  }
}

// Hundreds of processes start from the sources: what one has compiled the next ones need not.
process.env['NODE_COMPILE_CACHE'] ??= resolve('node_modules/.cache/compiled');
mkdirSync(RESULTS, { recursive: true });
const tallies = [installPeers(), check(), vitest('unit'), vitest('namespaces'), vitest('lab')];
const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
