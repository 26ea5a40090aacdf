// What the other tools print, read; and that they run, where they are installed.
import { execFileSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { autocannon, autocannonReport } from '../../src/load/driver/autocannon.ts';
import { ownDriver } from '../../src/load/driver/own.ts';
import { wrk, wrkReport } from '../../src/load/driver/wrk.ts';
import { faultyServer } from '../support/faulty-server.ts';
import { loadSpec } from '../support/load-spec.ts';

const OUTPUT = `Running 2s test @ http://127.0.0.1:8080/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.31ms    1.12ms  12.94ms   78.20%
    Req/Sec     3.44k   301.22     3.90k    70.00%
  Latency Distribution
     50%    2.10ms
     75%    2.90ms
     90%  930.00us
     99%    1.02s
  6843 requests in 2.00s, 1.44MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 43
Requests/sec:   3419.83
`;

describe('wrk', () => {
  it('is read in all its units', () => {
    expect(wrkReport(OUTPUT, 5)).toEqual({
      tool: 'wrk',
      good: 6800,
      failed: 53,
      durationMs: 2000,
      cpuMicros: 5,
      p50Ms: 2.1,
      p99Ms: 1020,
    });
  });

  it('is not believed when it prints something else', () => {
    expect(() => wrkReport('unable to connect', 0)).toThrow(
      'wrk: expected a summary, got "unable to connect"',
    );
  });

  it.skipIf(!isInstalled('wrk'))(
    'counts what the server counts, but for the last under way (skipped without wrk)',
    async () => {
      const server = await faultyServer();
      const report = await wrk.run(loadSpec(server.port, { durationMs: 1000 }));
      expect(report.failed).toBe(0);
      expect(report.cpuMicros).toBeGreaterThan(0);
      expect(server.good - report.good).toBeGreaterThanOrEqual(0);
      expect(server.good - report.good).toBeLessThanOrEqual(8);
    },
  );
});

describe('our own generator as a driver', () => {
  it('counts what the server counts', async () => {
    const server = await faultyServer();
    const own = ownDriver();
    onTestFinished(() => own.close());
    const report = await own.run(loadSpec(server.port));
    expect(report.good).toBe(server.good);
    expect(report.failed).toBe(0);
  });
});

describe('autocannon', () => {
  it('is read', () => {
    const result = { duration: 2.03, errors: 1, non2xx: 2, '2xx': 40, latency: { p50: 1, p99: 22 } };
    expect(autocannonReport(JSON.stringify(result), 7)).toEqual({
      tool: 'autocannon',
      good: 40,
      failed: 3,
      durationMs: 2030,
      cpuMicros: 7,
      p50Ms: 1,
      p99Ms: 22,
    });
  });

  it('counts what the server counts over kept connections, but for the last under way', async () => {
    const server = await faultyServer();
    const report = await autocannon.run(loadSpec(server.port, { durationMs: 1000 }));
    expect(report.failed).toBe(0);
    expect(Math.abs(server.good - report.good)).toBeLessThanOrEqual(8);
  });

  it('is not offered for new connections, which it cannot count', () => {
    expect(autocannon.modes).toEqual(['keepalive']);
  });
});

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    return false; // exit 127: it is not there
  }
}
