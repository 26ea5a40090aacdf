// The bench as it is used: a command in, a results directory out. What it says is checked, never how fast anything was.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Line } from '../../src/format/line.ts';
import type {
  BreakdownResult,
  CliffResult,
  CompareResult,
  LoadResult,
  Result,
} from '../../src/format/result.ts';
import { plain } from '../../src/lab/subject/plain.ts';
import { median } from '../../src/cause/change-point.ts';
import { noLab, openTestCell } from './staging.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'bench/src/main.ts');
const run = promisify(execFile);

interface Ran<T> {
  readonly stdout: string;
  readonly stderr: string;
  readonly directory: string;
  readonly result: T;
  readonly rows: readonly Line[];
}

async function bench<T extends Result>(...args: string[]): Promise<Ran<T>> {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-bench-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const argv = ['--conditions=@tollgate/source', MAIN, ...args, '--out', directory];
  const { stdout, stderr } = await run(process.execPath, [...argv, '--json', join(directory, 'copy.json')]);
  const text = readFileSync(join(directory, 'result.json'), 'utf8');
  expect(readFileSync(join(directory, 'copy.json'), 'utf8')).toBe(text);
  for (const report of ['report.html', 'report.md']) expect(existsSync(join(directory, report))).toBe(true);
  const rows = readFileSync(join(directory, 'rows.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line): Line => JSON.parse(line));
  // Whatever the experiment: its rows alone make the same again.
  rmSync(join(directory, 'result.json'));
  await run(process.execPath, ['--conditions=@tollgate/source', MAIN, 'report', directory]);
  expect(readFileSync(join(directory, 'result.json'), 'utf8')).toBe(text);
  const result: T = JSON.parse(text);
  return { stdout, stderr, directory, result, rows };
}

/** Of the first run, by its own samples: when its table was first full, and the seconds that found and left it so, with no other reading within. */
function fullSeconds(
  rows: readonly Line[],
  limit: number,
): { readonly full: readonly number[]; readonly fullAtSecond: number } {
  const next = rows.findIndex((line) => line.line === 'report');
  const own = rows.slice(0, next + 1);
  const run = own.find((line) => line.line === 'run');
  const measuring = own.find((line) => line.line === 'measuring');
  if (run === undefined || measuring === undefined) throw new Error('rows.jsonl has no run');
  const readings = own
    .filter((line) => line.line === 'sample')
    .map(({ atMs, conntrack }) => ({
      second: (atMs - measuring.startedAtMs) / 1000,
      isFull: (conntrack?.count ?? 0) - run.dummies >= 0.99 * limit,
    }));
  const fullAtSecond = readings.find(({ isFull }) => isFull)?.second ?? Number.NaN;
  // What was asked in the second before may still be answered in the next.
  const full = Array.from({ length: run.plannedMs / 1000 }, (_, second) => second).filter((second) =>
    readings.every((reading) => reading.isFull || reading.second < second - 1 || reading.second > second + 1),
  );
  return { full, fullAtSecond };
}

/** On a crowded machine a start of Node can take ten seconds, and a breakdown starts twenty. */
const PATIENCE = { timeout: 600_000 };

describe.skipIf(noLab !== false)('pnpm bench', PATIENCE, () => {
  it('breakdown measures layers of every kind beside its noise floor, rows first', async () => {
    const { result, rows, directory, stdout } = await bench<BreakdownResult>(
      '--quick',
      '--only',
      'tls,hop: loopback,request-log: journald,firewall: notrack',
      '--budget',
      '1',
      '--seconds',
      '0.3',
      '--connections',
      '8',
    );
    expect(result.layers.map(({ layer }) => layer)).toEqual([
      'tls: keep-alive',
      'tls: new connection',
      'hop: loopback TCP',
      'request-log: journald',
      'firewall: notrack',
      'firewall: notrack, new connection',
    ]);
    expect(result.noiseFloor.ratio).toBeGreaterThan(0);
    for (const { cpuMicrosPerRequest: cost } of result.layers) {
      expect(cost.low).toBeLessThanOrEqual(cost.estimate);
      expect(cost.estimate).toBeLessThanOrEqual(cost.high);
    }
    expect(rows.filter(({ line }) => line === 'window').length).toBeGreaterThanOrEqual(
      2 * result.rungs.length,
    );
    expect(readdirSync(join(directory, 'configs')).length).toBeGreaterThan(2);
    for (const line of stdout.split('\n'))
      expect(line.length).toBeLessThanOrEqual(Math.max(100, directory.length + 12));
  });

  it.each(['stateless', 'stateful', 'story', 'notrack'] as const)(
    'lets the load through a %s firewall',
    async (firewall) => {
      await openTestCell({ name: firewall, firewall, journal: false, subject: (place) => plain(place) });
    },
  );

  it('cliff: stateful collapses with the kernel’s own line, notrack keeps its table empty', async () => {
    const { result, stdout, rows } = await bench<CliffResult>(
      'cliff',
      '--quick',
      // The kernel may sweep the full table once within the run: it fills again in three seconds.
      '--seconds',
      '10',
      '--table',
      '600',
      '--rate',
      '120',
      '--connections',
      '40',
    );
    const [stateful, notrack] = result.runs;
    expect(stateful?.verdict?.cause).toBe('conntrack-table-full');
    expect(stateful?.verdict?.evidence.join('\n')).toContain('table full in netns');
    expect(Math.max(...(stateful?.conntrack ?? []).map((count) => count ?? 0))).toBe(600);
    const { full, fullAtSecond } = fullSeconds(rows, 600);
    const before = median((stateful?.goodput ?? []).slice(0, Math.floor(fullAtSecond)));
    expect(before, 'goodput before the table was full').toBeGreaterThan(20);
    expect(full.length, 'seconds in which it was full throughout').toBeGreaterThan(1);
    for (const second of full)
      expect(stateful?.goodput[second], `second ${second}`).toBeLessThan(before / 10);
    const predicted = stateful?.predictedCliffSecond ?? Number.NaN;
    expect(
      Math.abs(predicted - fullAtSecond),
      `predicted ${predicted}, full at ${fullAtSecond}`,
    ).toBeLessThan(2);
    // What is swept out of the full table at once takes the cliff with it, for as long as it takes to fill again.
    const swept = result.warnings.some(({ id }) => id === 'table-swept');
    const cliffSecond = swept ? fullAtSecond : stateful?.verdict?.atSecond;
    expect(Math.abs(predicted - (cliffSecond ?? Number.NaN))).toBeLessThan(2);
    expect(notrack?.verdict?.cause).not.toBe('conntrack-table-full');
    const held = notrack?.goodput ?? [];
    expect(median(held.slice(-3)), 'goodput at last').toBeGreaterThan(median(held.slice(0, 3)) / 2);
    expect(Math.max(...(notrack?.conntrack ?? []).map((count) => count ?? 0))).toBeLessThan(60);
    expect(stdout).toContain('the connection table was full');
  });

  it('load says in which phase attempts failed, line by line, in the summary, the reports and the result', async () => {
    const server = createServer((_request, response) => response.end('ok\n')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    // Served for a while, then nobody listens.
    server.on('request', () => setTimeout(() => server.close(), 1500).unref());
    const { result, stdout, stderr, directory, rows } = await bench<LoadResult>(
      'load',
      `http://127.0.0.1:${port}/`,
      '--seconds',
      '4',
      '--rate',
      '50',
    );
    const refused = result.runs[0]?.errors['refused'] ?? 0;
    expect(refused).toBeGreaterThan(0);
    expect(result.runs[0]?.seconds.at(-1)?.phases).toMatchObject({ refused: expect.any(Number) });
    expect(stderr).toMatch(/refused \d+/);
    const samples = rows.filter((line) => line.line === 'sample');
    expect(samples.length).toBeGreaterThan(4);
    // The listener itself is one of them.
    expect(samples.every(({ sockets }) => (sockets?.other ?? 0) > 0)).toBe(true);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`attempts failed: refused ${refused}`);
    for (const report of ['report.md', 'report.html'])
      expect(readFileSync(join(directory, report), 'utf8')).toContain(`refused ${refused}`);
  });

  it('report tells what a run had come to that was killed half-way', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tollgate-bench-test-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const flags = ['--quick', '--table', '600', '--rate', '120', '--connections', '40', '--seconds', '60'];
    const argv = ['--conditions=@tollgate/source', MAIN, 'cliff', ...flags, '--out', directory];
    const child = spawn(process.execPath, argv, { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const rows = join(directory, 'rows.jsonl');
    await expect
      .poll(() => (existsSync(rows) ? readFileSync(rows, 'utf8').split('"line":"second"').length - 1 : 0), {
        timeout: 120_000,
      })
      .toBeGreaterThanOrEqual(6);
    child.kill('SIGKILL');
    await once(child, 'exit');

    expect(existsSync(join(directory, 'result.json'))).toBe(false);
    const { stdout } = await run(process.execPath, [
      '--conditions=@tollgate/source',
      MAIN,
      'report',
      directory,
    ]);
    const result: CliffResult = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8'));
    expect(result.warnings[0]?.id).toBe('cut-short');
    expect(result.runs[0]?.goodput.length).toBeGreaterThanOrEqual(6);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'This run was cut short: what is told here is from 1 of 2 runs',
    );
    expect(readFileSync(join(directory, 'report.html'), 'utf8')).toContain('This run was cut short');
  });

  it('compare holds everything in one process against nginx and its app', async () => {
    const { result, directory } = await bench<CompareResult>(
      'compare',
      '--quick',
      '--only',
      'keep-alive,in process',
      '--pairs',
      '2',
      '--seconds',
      '0.3',
      '--connections',
      '8',
    );
    expect(result.work.map(({ name }) => name)).toEqual(['site, keep-alive']);
    for (const { subjects } of result.work) {
      expect(subjects[0]?.ratio).toBeNull();
      expect(subjects[1]?.ratio?.estimate).toBeGreaterThan(0);
    }
    expect(readdirSync(join(directory, 'configs'))).toEqual(['nginx-tuned', 'tollgate-in-process']);
  });

  it('knee names a rate and what limits it', async () => {
    const { result } = await bench<LoadResult>(
      'knee',
      '--quick',
      '--seconds',
      '0.5',
      '--connections',
      '20',
      '--connection-mode',
      'keepalive',
    );
    expect(result.knee?.limiter).not.toBe('');
    expect(result.runs.length).toBeGreaterThan(1);
  });

  it('runs without root on loopback, says so, and leaves out what needs a namespace', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tollgate-bench-test-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    chmodSync(directory, 0o777);
    // The checkout may lie where only root may look, so nobody sees it bound to a place of its own.
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
    const script = `mount --bind "$1" /mnt && cd /mnt && shift && exec ${nobody.join(' ')} "$@"`;
    const command = ['/mnt/node_modules/.bin/node', '--conditions=@tollgate/source', 'bench/src/main.ts'];
    const flags = ['--quick', '--budget', '1', '--only', 'tls,firewall', '--seconds', '0.3'];
    const out = ['--connections', '8', '--out', directory];
    const argv = ['--mount', 'sh', '-c', script, 'sh', ROOT, ...command, ...flags, ...out];
    await run('unshare', argv, { env: { ...process.env, HOME: directory } });
    const result: BreakdownResult = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8'));
    expect(result.warnings.map(({ id }) => id)).toContain('no-root');
    const layers = result.layers.map(({ layer }) => layer);
    expect(layers).toEqual(['tls: keep-alive', 'tls: new connection']);
  });
});
