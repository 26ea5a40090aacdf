// How late the event loop runs: what `auto` calls busy.
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoopDelay {
  /** The 99th percentile (ms) since the last call. */
  readMs(): number;
  stop(): void;
}

const RESOLUTION_MS = 10;
const NANOS_PER_MS = 1e6;

export function measureLoopDelay(): LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    readMs() {
      // The histogram holds whole timer intervals; what exceeds the resolution is the delay.
      const delayMs = histogram.percentile(99) / NANOS_PER_MS - RESOLUTION_MS;
      histogram.reset();
      return Math.max(0, delayMs);
    },
    stop() {
      histogram.disable();
    },
  };
}
