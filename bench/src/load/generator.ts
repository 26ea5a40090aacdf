// One load test from warm-up to report: owns the slots, the loop, the tally and the only ticker.
import { lookup } from 'node:dns/promises';
import { ClosedLoop } from './closed-loop.ts';
import { Dialer } from './dialer.ts';
import { H1Slot } from './h1-slot.ts';
import { H2Connection, H2Slot } from './h2-slot.ts';
import { Lingering } from './lingering.ts';
import type { Loop } from './loop.ts';
import { OpenLoop } from './open-loop.ts';
import { constantRate } from './pacer.ts';
import { requestBytes } from './request.ts';
import type { Slot, SlotOwner } from './slot.ts';
import type { ErrorPhase, LoadEvent, LoadReport, LoadSpec } from './spec.ts';
import { Tally } from './tally.ts';

/** Deadlines, pauses and quiet slices are looked at this often. */
const TICK_MS = 10;
/** After the last deadline of a draining run. */
const GRACE_MS = 500;

type Phase = 'warmup' | 'measuring' | 'draining' | 'over';

/** Rejects when the host's name cannot be resolved; a server that does not answer is in the report instead. */
export async function generate(
  spec: LoadSpec,
  listen: (event: LoadEvent) => void,
  signal?: AbortSignal,
): Promise<LoadReport> {
  const { address } = await lookup(spec.host);
  const dialer = new Dialer(spec, address);
  await dialer.prime();
  return new Generator(spec, dialer, listen).run(signal);
}

class Generator implements SlotOwner {
  readonly #spec: LoadSpec;
  readonly #dialer: Dialer;
  readonly #listen: (event: LoadEvent) => void;
  readonly #lingering: Lingering;
  readonly #slots: readonly Slot[];
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

  constructor(spec: LoadSpec, dialer: Dialer, listen: (event: LoadEvent) => void) {
    this.#spec = spec;
    this.#dialer = dialer;
    this.#listen = listen;
    this.#lingering = new Lingering(Math.max(64, spec.connections * 2));
    this.#tally = new Tally({
      bucket: (bucket) => listen({ bucket }),
      second: (second) => listen({ second }),
    });
    this.#slots = this.#makeSlots();
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
    const ticker = setInterval(() => this.#tick(), TICK_MS);
    const stop = (): void => this.#drain(Math.max(0, this.now()));
    signal?.addEventListener('abort', stop);
    this.#listen({ phase: 'warmup' });
    this.#loop.start(this.now());
    this.#tick();
    await this.#done.promise;
    signal?.removeEventListener('abort', stop);
    clearInterval(ticker);
    for (const slot of this.#slots) slot.close();
    this.#lingering.close();
    this.#tally.finish();
    return this.#report();
  }

  ended(slot: Slot, failure: ErrorPhase | null, nowMs: number): void {
    this.#underWay--;
    if (slot.dueMs >= 0) this.#tally.end(failure, slot.dueMs, slot.sentMs, nowMs);
    else if (failure === null) this.#warmup.good++;
    if (this.#phase === 'warmup' || this.#phase === 'measuring') this.#loop.freed(slot, failure, nowMs);
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
    for (const slot of this.#slots) slot.expire(nowMs);
    this.#lingering.sweep(nowMs);
    if (this.#phase === 'draining' && this.#isDrained(nowMs)) this.#finish();
  }

  #watchOwnPulse(nowMs: number): void {
    const late = nowMs - Math.max(0, this.#tickedMs) - TICK_MS;
    if (nowMs >= 0 && this.#phase !== 'draining') this.#stalledMs = Math.max(this.#stalledMs, late);
    this.#tickedMs = nowMs;
  }

  #measure(): void {
    this.#phase = 'measuring';
    this.#cpuAtStart = process.cpuUsage();
    this.#listen({ phase: 'measuring' });
  }

  /** No new attempt; those under way keep their deadlines. */
  #drain(measuredMs: number): void {
    if (this.#phase === 'draining' || this.#phase === 'over') return;
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    this.#cpuMicros = user + system;
    this.#measuredMs = measuredMs;
    this.#phase = 'draining';
    this.#loop.stop(measuredMs);
    this.#listen({ phase: 'draining' });
  }

  #isDrained(nowMs: number): boolean {
    return this.#underWay === 0 || nowMs > this.#measuredMs + this.#spec.timeoutMs + GRACE_MS;
  }

  #finish(): void {
    this.#phase = 'over';
    this.#done.resolve();
  }

  #makeSlots(): readonly Slot[] {
    const spec = this.#spec;
    if (spec.protocol === 'h1') {
      const shared = {
        spec,
        request: requestBytes(spec),
        dialer: this.#dialer,
        lingering: this.#lingering,
        owner: this,
      };
      return Array.from({ length: spec.connections }, () => new H1Slot(shared));
    }
    const streams = spec.mode === 'keepalive' ? (spec.streams ?? 1) : 1;
    return Array.from({ length: spec.connections }, () => new H2Connection(spec, this.#dialer)).flatMap(
      (connection) => Array.from({ length: streams }, () => new H2Slot(spec, this, connection)),
    );
  }

  #makeLoop(): Loop {
    const { rate } = this.#spec;
    if (rate === undefined) return new ClosedLoop(this.#slots, this.#begin);
    const plan = { ...this.#spec, pacer: constantRate(rate) };
    return new OpenLoop(this.#slots, plan, this.#begin, () => this.now());
  }

  #report(): LoadReport {
    const { attempts, good, errors, buckets, seconds } = this.#tally;
    return {
      attempts,
      good,
      errors,
      warmup: this.#warmup,
      blocked: this.#loop.blocked,
      offered: this.#loop.offered(attempts),
      unsent: this.#loop.unsent,
      connectionsOpened: this.#dialer.opened,
      sessionsResumed: this.#dialer.resumed,
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
