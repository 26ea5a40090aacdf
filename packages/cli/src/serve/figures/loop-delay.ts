// How late the event loop runs, as a histogram that adds up over processes and over time. Node's own measures one
// process since its start and takes a timer of 10 ms; this wakes twenty times a second.
import { Histogram, type HistogramFigures } from '@tollgate/proxy';

const EVERY_MS = 50;

export interface LoopDelay {
  figures(): HistogramFigures;
  close(): void;
}

export function followLoopDelay(everyMs = EVERY_MS): LoopDelay {
  const delays = new Histogram();
  let dueMs = performance.now() + everyMs;
  const timer = setInterval(() => {
    const now = performance.now();
    delays.observe(Math.max(0, now - dueMs));
    dueMs = now + everyMs;
  }, everyMs).unref();
  return { figures: () => delays.figures(), close: () => clearInterval(timer) };
}
