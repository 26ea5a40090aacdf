// `npm test`: checks, then every test, then one closing line `N passed, N failed` for whoever counts.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { relative, resolve } from 'node:path';

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly TestFile[];
}

interface TestFile {
  readonly name: string;
  /** Empty, but where the file failed outside its tests. */
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages?: readonly string[];
  }[];
}

const RESULTS = 'test/results';
const LINES_OF_A_FAILURE = 12;

function installPeers(): Tally {
  if (process.env['CI'] !== 'true') return { passed: 0, failed: 0 };
  const { status } = spawnSync('sh', ['test/support/install-peers.sh'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status === 0) return { passed: 0, failed: 0 };
  failures.push('failed: test/support/install-peers.sh');
  return { passed: 0, failed: 1 };
}

function check(): Tally {
  const { status } = spawnSync(process.execPath, ['test/support/check.ts'], { stdio: 'inherit' });
  if (status === 0) return { passed: 1, failed: 0 };
  failures.push('failed: test/support/check.ts');
  return { passed: 0, failed: 1 };
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
  const { numPassedTests, numFailedTests, testResults } = readReport(report);
  failures.push(...testResults.flatMap((file) => failuresOf(project, file)));
  const brokenOutsideTests = status !== 0 && numFailedTests === 0 ? 1 : 0;
  if (brokenOutsideTests === 1)
    failures.push(`failed in ${project}: it ended with status ${status}, outside a test`);
  return { passed: numPassedTests, failed: numFailedTests + brokenOutsideTests };
}

function readReport(file: string): VitestReport {
  try {
    const report: VitestReport = JSON.parse(readFileSync(file, 'utf8'));
    return report;
  } catch {
    // No report: the run died; the caller counts it by its exit status.
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] };
  }
}

function failuresOf(project: string, { name, message, assertionResults }: TestFile): string[] {
  const file = relative('.', name);
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  const lines = failed.map(
    ({ fullName, failureMessages }) => `${fullName}\n${beginning((failureMessages ?? []).join('\n'))}`,
  );
  if (message !== '') lines.push(beginning(message));
  return lines.map((line) => `failed in ${project}: ${file} > ${line}`);
}

function beginning(text: string): string {
  const lines = text.split('\n').filter((line) => !line.includes('/node_modules/'));
  return lines.slice(0, LINES_OF_A_FAILURE).join('\n');
}

// Hundreds of processes start from the sources: what one has compiled the next ones need not.
process.env['NODE_COMPILE_CACHE'] ??= resolve('node_modules/.cache/compiled');
mkdirSync(RESULTS, { recursive: true });
/** Said again at the end: a log of thousands of lines is often kept by its last hundred. */
const failures: string[] = [];
const tallies = [installPeers(), check(), vitest('unit'), vitest('namespaces'), vitest('lab')];
const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
for (const failure of failures) console.log(failure);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
