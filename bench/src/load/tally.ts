// Counts every attempt once when it begins and once when it ends, and cuts the time into slices of 100 ms and of a second.
import { noErrors } from './error-counts.ts';
import { latencyHistogram, percentileMs, recordMs, summarise } from './latency.ts';
import { ERROR_PHASES, type ErrorPhase, type LatencySummary, type LoadBucket } from './spec.ts';

const SLICE_MS = 100;
const SLICES_PER_SECOND = 10;

export interface SliceListener {
  bucket(bucket: LoadBucket): void;
  second(second: LoadBucket): void;
}

export class Tally {
  attempts = 0;
  good = 0;
  readonly errors: Record<ErrorPhase, number> = noErrors();
  readonly buckets: LoadBucket[] = [];
  readonly seconds: LoadBucket[] = [];
  readonly #slice = new Slice();
  readonly #second = new Slice();
  readonly #service = latencyHistogram();
  readonly #total = latencyHistogram();
  readonly #listener: SliceListener;
  #sliceEndMs = SLICE_MS;

  constructor(listener: SliceListener) {
    this.#listener = listener;
  }

  begin(nowMs: number): void {
    this.roll(nowMs);
    this.attempts++;
    this.#slice.attempts++;
  }

  /** Times are in ms from the start of measuring; an answer that came before its due time cannot be. */
  end(failure: ErrorPhase | null, dueMs: number, sentMs: number, nowMs: number): void {
    this.roll(nowMs);
    if (failure !== null) {
      this.errors[failure]++;
      this.#slice.fail(failure);
      return;
    }
    this.good++;
    this.#slice.good++;
    recordMs(this.#slice.latency, nowMs - dueMs);
    recordMs(this.#service, nowMs - sentMs);
  }

  /** The generator itself was held up for so long. */
  late(ms: number): void {
    this.#slice.lateMs = Math.max(this.#slice.lateMs, Math.round(ms));
  }

  /** Closes the slices that have ended by `nowMs`. */
  roll(nowMs: number): void {
    while (nowMs >= this.#sliceEndMs) this.#closeSlice();
  }

  /** Closes what is still open: nothing more will be counted. */
  finish(): void {
    if (!this.#slice.empty) this.#closeSlice();
    if (!this.#second.empty) this.#closeSecond();
  }

  latency(): LatencySummary | null {
    return summarise(this.#total);
  }

  serviceLatency(): LatencySummary | null {
    return summarise(this.#service);
  }

  #closeSlice(): void {
    const bucket = this.#slice.bucketAt(this.#sliceEndMs - SLICE_MS);
    this.buckets.push(bucket);
    this.#listener.bucket(bucket);
    this.#second.add(this.#slice);
    this.#slice.clear();
    this.#sliceEndMs += SLICE_MS;
    if (this.buckets.length % SLICES_PER_SECOND === 0) this.#closeSecond();
  }

  #closeSecond(): void {
    const second = this.#second.bucketAt(this.seconds.length * SLICE_MS * SLICES_PER_SECOND);
    this.seconds.push(second);
    this.#listener.second(second);
    this.#total.add(this.#second.latency);
    this.#second.clear();
  }
}

class Slice {
  attempts = 0;
  good = 0;
  errors = 0;
  lateMs = 0;
  #phases: Partial<Record<ErrorPhase, number>> = {};
  readonly latency = latencyHistogram();

  get empty(): boolean {
    return this.attempts === 0 && this.good === 0 && this.errors === 0;
  }

  fail(phase: ErrorPhase, count = 1): void {
    this.errors += count;
    this.#phases[phase] = (this.#phases[phase] ?? 0) + count;
  }

  bucketAt(atMs: number): LoadBucket {
    return {
      atMs,
      good: this.good,
      attempts: this.attempts,
      errors: this.errors,
      phases: this.#phases,
      lateMs: this.lateMs,
      p50Ms: percentileMs(this.latency, 50),
      p99Ms: percentileMs(this.latency, 99),
    };
  }

  add(other: Slice): void {
    this.attempts += other.attempts;
    this.good += other.good;
    this.lateMs = Math.max(this.lateMs, other.lateMs);
    if (other.errors > 0)
      for (const phase of ERROR_PHASES) if (other.#phases[phase]) this.fail(phase, other.#phases[phase]);
    if (other.good > 0) this.latency.add(other.latency);
  }

  clear(): void {
    if (this.good > 0) this.latency.reset();
    this.attempts = 0;
    this.good = 0;
    if (this.errors > 0) this.#phases = {};
    this.errors = 0;
    this.lateMs = 0;
  }
}
