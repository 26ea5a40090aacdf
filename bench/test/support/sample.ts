// A sample of the machine of which nothing was read but the clock of the core.
import type { Sample } from '../../src/format/line.ts';

export const sampleAt = (atMs: number, idleMicros: number): Sample => ({
  atMs,
  lateMs: 0,
  core: { atMs, idleMicros, stealMicros: 0, tasksMicros: null, processMicros: {} },
  conntrack: null,
  listenOverflows: null,
  synRetransmits: null,
  sockets: null,
  cpuPressure: null,
  vitals: {},
  kernelLines: [],
});
