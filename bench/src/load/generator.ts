// One load test from warm-up to report: owns the loop, the tally and the only ticker, and borrows the connections.
import { ClosedLoop } from './closed-loop.ts';
import { Connections } from './connections.ts';
import type { Loop } from './loop.ts';
import { OpenLoop } from './open-loop.ts';
import { constantRate } from './pacer.ts';
import type { Slot, SlotOwner } from './slot.ts';
import type { ErrorPhase, LoadEvent, LoadPhase, LoadReport, LoadSpec } from './spec.ts';
import { Tally } from './tally.ts';

/** Deadlines, pauses and quiet slices are looked at this often. */
const TICK_MS = 10;
/** After the last deadline of a draining run. */
const GRACE_MS = 500;

type Phase = LoadPhase | 'over';

/** How long a load that is followed by another waits for servers to close what they have answered. */
const CLOSING_MS = 100;

/** Rejects when the host's name cannot be resolved; a server that does not answer is in the report instead. */
export async function generate(
  spec: LoadSpec,
  listen: (event: LoadEvent) => void,
  signal?: AbortSignal,
): Promise<LoadReport> {
  const connections = await Connections.open(spec);
  try {
    return await generateOver(connections, spec, listen, signal);
  } finally {
    connections.close();
  }
}

/** Leaves the connections open, with nothing under way on them. */
export const generateOver = (
  connections: Connections,
  spec: LoadSpec,
  listen: (event: LoadEvent) => void,
  signal?: AbortSignal,
): Promise<LoadReport> => new Generator(spec, connections, listen).run(signal);

class Generator implements SlotOwner {
  readonly #spec: LoadSpec;
  readonly #connections: Connections;
  readonly #listen: (event: LoadEvent) => void;
  readonly #loop: Loop;
  readonly #tally: Tally;
  readonly #done = Promise.withResolvers<void>();
  readonly #originMs: number;
  readonly #startedAtMs: number;
  #phase: Phase = 'warmup';
  #underWay = 0;
  #warmup = { attempts: 0, good: 0 };
  #bytesRead = 0;
  #cpuAtStart = process.cpuUsage();
  #cpuMicros = 0;
  #measuredMs: number;
  #tickedMs = 0;
  #stalledMs = 0;

  constructor(spec: LoadSpec, connections: Connections, listen: (event: LoadEvent) => void) {
    this.#spec = spec;
    this.#connections = connections;
    this.#listen = listen;
    this.#tally = new Tally({
      bucket: (bucket) => listen({ bucket }),
      second: (second) => listen({ second }),
    });
    this.#loop = this.#makeLoop();
    this.#measuredMs = spec.durationMs;
    this.#originMs = performance.now() + spec.warmupMs;
    this.#startedAtMs = Number(process.hrtime.bigint()) / 1e6 + spec.warmupMs;
  }

  /** Ms from the start of measuring: negative while warming up. */
  now(): number {
    return performance.now() - this.#originMs;
  }

  async run(signal?: AbortSignal): Promise<LoadReport> {
    this.#connections.serve(this);
    const ticker = setInterval(() => this.#tick(), TICK_MS);
    // A load of a few ticks should not be one longer than asked.
    const end = setTimeout(() => this.#tick(), this.#spec.durationMs - this.now());
    const stop = (): void => this.#drain(Math.max(0, this.now()));
    signal?.addEventListener('abort', stop);
    this.#enter('warmup');
    this.#loop.start(this.now());
    this.#tick();
    await this.#done.promise;
    signal?.removeEventListener('abort', stop);
    clearInterval(ticker);
    clearTimeout(end);
    this.#letGo();
    this.#tally.finish();
    return this.#report();
  }

  ended(slot: Slot, failure: ErrorPhase | null, nowMs: number): void {
    this.#underWay--;
    if (slot.dueMs >= 0) this.#tally.end(failure, slot.dueMs, slot.sentMs, nowMs);
    else if (failure === null) this.#warmup.good++;
    if (this.#phase === 'warmup' || this.#phase === 'measuring') this.#loop.freed(slot, failure, nowMs);
    else this.#endIfDrained(nowMs);
  }

  read(bytes: number): void {
    this.#bytesRead += bytes;
  }

  readonly #begin = (slot: Slot, dueMs: number, nowMs: number): void => {
    if (nowMs >= 0 && this.#phase === 'warmup') this.#measure();
    if (dueMs >= this.#spec.durationMs) return;
    this.#underWay++;
    if (dueMs >= 0) this.#tally.begin(nowMs);
    else this.#warmup.attempts++;
    slot.begin(dueMs, nowMs);
  };

  #tick(): void {
    const nowMs = this.now();
    this.#watchOwnPulse(nowMs);
    if (this.#phase === 'warmup' && nowMs >= 0) this.#measure();
    if (this.#phase === 'measuring' && nowMs >= this.#spec.durationMs) this.#drain(this.#spec.durationMs);
    if (this.#phase === 'warmup' || this.#phase === 'measuring') this.#loop.tick(nowMs);
    if (nowMs >= 0 && this.#phase !== 'over') this.#tally.roll(nowMs);
    for (const slot of this.#connections.slots) slot.expire(nowMs);
    this.#connections.lingering.sweep(nowMs);
    this.#endIfDrained(nowMs);
  }

  #enter(phase: LoadPhase): void {
    this.#phase = phase;
    this.#listen({ phase, startedAtMs: this.#startedAtMs });
  }

  #watchOwnPulse(nowMs: number): void {
    const late = nowMs - Math.max(0, this.#tickedMs) - TICK_MS;
    if (nowMs >= 0 && this.#phase !== 'draining') {
      this.#stalledMs = Math.max(this.#stalledMs, late);
      this.#tally.late(late);
    }
    this.#tickedMs = nowMs;
  }

  #measure(): void {
    this.#cpuAtStart = process.cpuUsage();
    this.#enter('measuring');
  }

  /** No new attempt; those under way keep their deadlines. */
  #drain(measuredMs: number): void {
    if (this.#phase === 'draining' || this.#phase === 'over') return;
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    this.#cpuMicros = user + system;
    this.#measuredMs = measuredMs;
    this.#enter('draining');
    this.#loop.stop(measuredMs);
  }

  #endIfDrained(nowMs: number): void {
    if (this.#phase !== 'draining' || !this.#isDrained(nowMs)) return;
    this.#phase = 'over';
    this.#done.resolve();
  }

  #isDrained(nowMs: number): boolean {
    const waitedMs = nowMs - this.#measuredMs;
    if (this.#underWay > 0) return waitedMs > this.#spec.timeoutMs + GRACE_MS;
    const isClosing = this.#spec.keepOpen === true && this.#connections.lingering.size > 0;
    return !isClosing || waitedMs > CLOSING_MS;
  }

  /** What is still under way belongs to nobody. */
  #letGo(): void {
    const { slots, lingering } = this.#connections;
    if (this.#underWay > 0) for (const slot of slots) slot.close();
    lingering.close();
    this.#connections.serve(null);
  }

  #makeLoop(): Loop {
    const { rate } = this.#spec;
    const { slots } = this.#connections;
    if (rate === undefined) return new ClosedLoop(slots, this.#begin);
    const plan = { ...this.#spec, pacer: constantRate(rate) };
    return new OpenLoop(slots, plan, this.#begin, () => this.now());
  }

  #report(): LoadReport {
    const { attempts, good, errors, buckets, seconds } = this.#tally;
    const { opened, resumed } = this.#connections.takeCounts();
    return {
      attempts,
      good,
      errors,
      warmup: this.#warmup,
      blocked: this.#loop.blocked,
      offered: this.#loop.offered(attempts),
      unsent: this.#loop.unsent,
      connectionsOpened: opened,
      sessionsResumed: resumed,
      bytesRead: this.#bytesRead,
      durationMs: this.#measuredMs,
      startedAtMs: this.#startedAtMs,
      cpuMicros: this.#cpuMicros,
      stalledMs: this.#stalledMs,
      ended: buckets
        .filter((bucket) => bucket.atMs < this.#measuredMs)
        .reduce((sum, bucket) => sum + bucket.good + bucket.errors, 0),
      latency: this.#tally.latency(),
      serviceLatency: this.#tally.serviceLatency(),
      buckets,
      seconds,
    };
  }
}
