// wrk (Debian package): closed loop, one thread.
import type { LoadSpec } from '../spec.ts';
import { seconds, urlOf, type Driver, type DriverReport } from './driver.ts';
import { timedProcess } from './timed-process.ts';

export const wrk: Driver = {
  tool: 'wrk',
  knownFaults: [
    'With "Connection: close" over TLS it takes up the session of the connection before (SSL_clear keeps it): where the server gives tickets or keeps sessions, "new" means "resumed".',
    'It closes as soon as the answer is complete, also before the server has: its side of the connection often ends in RST.',
    'Answers still under way at the end are not counted.',
    'Latency is from the real send: connecting and the handshake are left out, and what waits behind a stall is not seen (coordinated omission).',
  ],
  modes: ['keepalive', 'new'],
  async run(spec, cpu) {
    const { stdout, cpuMicros } = await timedProcess(['wrk', ...argumentsFor(spec)], cpu);
    return wrkReport(stdout, cpuMicros);
  },
};

function argumentsFor(spec: LoadSpec): readonly string[] {
  const headers = { ...spec.headers, ...(spec.mode === 'keepalive' ? {} : { Connection: 'close' }) };
  return [
    '--latency',
    `-t1`,
    `-c${spec.connections}`,
    `-d${seconds(spec)}s`,
    `--timeout=${Math.max(1, Math.round(spec.timeoutMs / 1000))}s`,
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    urlOf(spec),
  ];
}

/** Throws when the output is not wrk's. */
export function wrkReport(stdout: string, cpuMicros: number): DriverReport {
  const total = /(\d+) requests in ([\d.]+)(ms|s|m)/.exec(stdout);
  if (total === null) throw new Error(`wrk: expected a summary, got ${JSON.stringify(stdout.slice(0, 200))}`);
  const [, requests = '', duration = '', unit = ''] = total;
  const wrongStatus = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  const socketErrors =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout) ?? [];
  return {
    tool: 'wrk',
    good: Number(requests) - wrongStatus,
    failed: socketErrors.slice(1).reduce((sum, count) => sum + Number(count), wrongStatus),
    durationMs: Number(duration) * (UNIT_MS[unit] ?? NaN),
    cpuMicros,
    p50Ms: percentile(stdout, '50'),
    p99Ms: percentile(stdout, '99'),
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function percentile(stdout: string, which: string): number | null {
  const [, value, unit = ''] = new RegExp(String.raw`${which}%\s+([\d.]+)(us|ms|s|m)`).exec(stdout) ?? [];
  return value === undefined ? null : Number(value) * (UNIT_MS[unit] ?? NaN);
}
