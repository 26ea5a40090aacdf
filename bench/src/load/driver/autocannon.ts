// autocannon: closed loop over kept connections, one thread.
import { createRequire } from 'node:module';
import type { LoadSpec } from '../spec.ts';
import { seconds, urlOf, type Driver, type DriverReport } from './driver.ts';
import { timedProcess } from './timed-process.ts';

export const autocannon: Driver = {
  tool: 'autocannon',
  knownFaults: [
    'A new connection per request (reconnectRate 1) counts nothing at all, neither answers nor errors; so that mode is not offered here.',
    'A FIN without an answer is no error, and the wait for the next one goes into the latencies.',
    'Its correction for coordinated omission mixes seconds with milliseconds; latencies are whole milliseconds.',
    'A refused connection is tried again in a busy loop.',
  ],
  modes: ['keepalive'],
  async run(spec, cpu) {
    const { stdout, cpuMicros } = await timedProcess([process.execPath, cli(), ...argumentsFor(spec)], cpu);
    return autocannonReport(stdout, cpuMicros);
  },
};

const cli = (): string => createRequire(import.meta.url).resolve('autocannon');

const argumentsFor = (spec: LoadSpec): readonly string[] => [
  '--json',
  '--no-progress',
  `-c${spec.connections}`,
  `-d${seconds(spec)}`,
  ...Object.entries(spec.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}=${value}`]),
  urlOf(spec),
];

interface AutocannonResult {
  readonly duration: number;
  readonly errors: number;
  readonly non2xx: number;
  readonly '2xx': number;
  readonly latency: { readonly p50: number; readonly p99: number };
}

export function autocannonReport(stdout: string, cpuMicros: number): DriverReport {
  const result: AutocannonResult = JSON.parse(stdout);
  return {
    tool: 'autocannon',
    good: result['2xx'],
    failed: result.errors + result.non2xx,
    durationMs: Math.round(result.duration * 1000),
    cpuMicros,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}
