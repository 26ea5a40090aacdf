// Cross-check by hand: our generator and the other tools in turn against one URL, their goodput and CPU side by side.
// node bench/src/load/driver/main.ts URL [--mode keepalive|new] [--connections 64] [--seconds 4] [--rounds 3] [--cpu 1]
import { parseArgs } from 'node:util';
import { type RunningGenerator, startGenerator } from '../run.ts';
import type { LoadSpec } from '../spec.ts';
import { autocannon } from './autocannon.ts';
import type { Driver, DriverReport } from './driver.ts';
import { wrk } from './wrk.ts';

/** Kept over the rounds, as the laboratory keeps it over its windows. */
let generator: RunningGenerator | undefined;

const own: Driver = {
  tool: 'tollgate',
  knownFaults: [],
  modes: ['keepalive', 'new', 'resumed'],
  async run(spec, cpu) {
    generator ??= startGenerator(cpu === undefined ? {} : { cpu });
    const report = await generator.run(spec);
    // Per answer while measuring, so that the start of the process is in no tool's favour.
    const share = report.good / Math.max(1, report.ended);
    return {
      tool: 'tollgate',
      good: report.good,
      failed: report.attempts - report.good,
      durationMs: report.durationMs,
      cpuMicros: report.cpuMicros * share,
      p50Ms: report.latency?.p50Ms ?? null,
      p99Ms: report.latency?.p99Ms ?? null,
    };
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mode: { type: 'string', default: 'keepalive' },
    connections: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    cpu: { type: 'string' },
  },
});

const spec = specFor(new URL(positionals[0] ?? ''));
const drivers = [own, wrk, autocannon].filter(({ modes }) => modes.includes(spec.mode));
console.log('tool        good/s   failed   us of CPU per answer   p50 ms   p99 ms');
for (let round = 0; round < Number(values.rounds); round++) {
  // Mirrored: what drifts while they run is shared out.
  for (const driver of round % 2 === 0 ? drivers : drivers.toReversed()) {
    console.log(line(await driver.run(spec, values.cpu === undefined ? undefined : Number(values.cpu))));
  }
}
await generator?.close();
for (const { tool, knownFaults } of drivers)
  for (const fault of knownFaults) console.log(`${tool}: ${fault}`);

function specFor(url: URL): LoadSpec {
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return {
    host: url.hostname,
    port: Number(url.port) || (scheme === 'https' ? 443 : 80),
    scheme,
    path: url.pathname + url.search,
    protocol: 'h1',
    mode: values.mode === 'new' || values.mode === 'resumed' ? values.mode : 'keepalive',
    connections: Number(values.connections),
    warmupMs: 500,
    durationMs: Number(values.seconds) * 1000,
    timeoutMs: 5000,
    verify: false,
    expectStatus: 200,
  };
}

function line({ tool, good, failed, durationMs, cpuMicros, p50Ms, p99Ms }: DriverReport): string {
  const cells = [
    ((good * 1000) / durationMs).toFixed(0).padStart(9),
    String(failed).padStart(9),
    (cpuMicros / good).toFixed(1).padStart(23),
    (p50Ms?.toFixed(2) ?? '').padStart(9),
    (p99Ms?.toFixed(2) ?? '').padStart(9),
  ];
  return tool.padEnd(10) + cells.join('');
}
