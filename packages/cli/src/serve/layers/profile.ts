// Where the main thread spends its time, by V8's own sampling profiler, in this process and through no port. It runs only
// while somebody has asked for it: its start stops the process once, for as long as V8 needs to list its functions.
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { type SyncCPUProfileHandle, startCpuProfile } from 'node:v8';
import { LAYERS, layersOf, type Layer, type ProfileNode } from './classify.ts';

/** Moments seen in each layer since the start; waiting for work is not among them. */
export type LayerSamples = Readonly<Record<Layer, number>>;

/** What is known since the start. */
export interface LayerLook {
  readonly samples: LayerSamples;
  /** For how long the start stopped this process. */
  readonly pausedMs: number;
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
}

const INTERVAL_MS = 5;
/** A profile is read when it ends; the next one begins before, for then V8 has nothing to list anew. */
const SLICE_MS = 2000;
/** A slice that ended late, because the process was busy, is cut rather than kept whole. */
const SLICE_SAMPLES = 10_000;

const NONE: LayerSamples = {
  tls: 0,
  front: 0,
  hop: 0,
  log: 0,
  app: 0,
  writes: 0,
  reads: 0,
  collector: 0,
  other: 0,
};

interface Slice {
  readonly handle: SyncCPUProfileHandle;
  /** How long the loop had worked and waited when the slice began. */
  readonly loop: EventLoopUtilization;
}

export class LayerProfile {
  readonly #sliceMs: number;
  #samples: LayerSamples = NONE;
  #pausedMs = 0;
  #slice: Slice | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(sliceMs = SLICE_MS) {
    this.#sliceMs = sliceMs;
  }

  /** `undefined` while nobody has asked. */
  get look(): LayerLook | undefined {
    return this.#slice && { samples: this.#samples, pausedMs: this.#pausedMs };
  }

  /** Idempotent. */
  start(): void {
    if (this.#slice !== undefined) return;
    this.#samples = NONE;
    const beganMs = performance.now();
    this.#slice = beginSlice();
    this.#pausedMs = performance.now() - beganMs;
    this.#timer = setInterval(() => this.#nextSlice(), this.#sliceMs).unref();
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
    this.#slice?.handle.stop();
    this.#slice = undefined;
  }

  #nextSlice(): void {
    const former = this.#slice;
    if (former === undefined) return;
    this.#slice = beginSlice();
    this.#samples = sum(this.#samples, endSlice(former));
  }
}

function beginSlice(): Slice {
  const handle = startCpuProfile({ sampleInterval: INTERVAL_MS, maxBufferSize: SLICE_SAMPLES });
  return { handle, loop: performance.eventLoopUtilization() };
}

function endSlice({ handle, loop }: Slice): LayerSamples {
  const { utilization } = performance.eventLoopUtilization(loop);
  // V8 writes its own format; nobody else has had the text.
  const profile: Profile = JSON.parse(handle.stop());
  return countSamples(profile, utilization);
}

/** `utilization`: the part of the time in which the loop did not wait, 0 to 1, as libuv has measured it. */
export function countSamples({ nodes, samples }: Profile, utilization: number): LayerSamples {
  const layers = layersOf(nodes);
  const counts = { ...NONE };
  let idle = 0;
  for (const id of samples) {
    const layer = layers.get(id) ?? 'other';
    if (layer === 'idle') idle += 1;
    else counts[layer] += 1;
  }
  // V8 calls the whole of a poll idle, reads and the opening of TLS records included: libuv knows how long it waited.
  counts.reads += Math.max(0, idle - samples.length * (1 - utilization));
  return counts;
}

function sum(a: LayerSamples, b: LayerSamples): LayerSamples {
  const counts = { ...a };
  for (const layer of LAYERS) counts[layer] += b[layer];
  return counts;
}
