// Our own generator as a driver among the others: one process for all its runs, as the laboratory keeps it.
import { startGenerator } from '../run.ts';
import type { Driver } from './driver.ts';

export interface OwnDriver extends Driver {
  close(): Promise<void>;
}

export function ownDriver(cpu?: number): OwnDriver {
  const generator = startGenerator(cpu === undefined ? {} : { cpu });
  return {
    tool: 'tollgate',
    knownFaults: [],
    modes: ['keepalive', 'new', 'resumed'],
    async run(spec) {
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
    close: () => generator.close(),
  };
}
