// What may outlive one load: its slots and their open connections. A load that follows on the same target finds them warm.
import { lookup } from 'node:dns/promises';
import { Dialer } from './dialer.ts';
import { H1Slot } from './h1-slot.ts';
import { H2Connection, H2Slot } from './h2-slot.ts';
import { Lingering } from './lingering.ts';
import { requestBytes } from './request.ts';
import type { Slot, SlotOwner } from './slot.ts';
import type { ErrorPhase, LoadSpec } from './spec.ts';

/** The slots' owner for good; what it hears goes to the load that runs. */
export class Connections implements SlotOwner {
  readonly #dialer: Dialer;
  readonly lingering: Lingering;
  readonly slots: readonly Slot[];
  readonly #target: string;
  #load: SlotOwner | null = null;
  #told = { opened: 0, resumed: 0 };

  private constructor(spec: LoadSpec, dialer: Dialer) {
    this.#target = targetOf(spec);
    this.#dialer = dialer;
    this.lingering = new Lingering(Math.max(64, spec.connections * 2));
    this.slots = this.#makeSlots(spec);
  }

  /** Nothing is dialled yet, but for mode `resumed`. Rejects when the host's name cannot be resolved. */
  static async open(spec: LoadSpec): Promise<Connections> {
    const { address } = await lookup(spec.host);
    const dialer = new Dialer(spec, address);
    await dialer.prime();
    return new Connections(spec, dialer);
  }

  /** Whether a load by `spec` could go over these as they are. */
  fit(spec: LoadSpec): boolean {
    return this.#target === targetOf(spec);
  }

  serve(load: SlotOwner | null): void {
    this.#load = load;
  }

  /** Connections made, and sessions taken up among them, since this was last asked. */
  takeCounts(): { readonly opened: number; readonly resumed: number } {
    const { opened, resumed } = this.#dialer;
    const since = { opened: opened - this.#told.opened, resumed: resumed - this.#told.resumed };
    this.#told = { opened, resumed };
    return since;
  }

  now(): number {
    return this.#load?.now() ?? 0;
  }

  ended(slot: Slot, failure: ErrorPhase | null, nowMs: number): void {
    this.#load?.ended(slot, failure, nowMs);
  }

  read(bytes: number): void {
    this.#load?.read(bytes);
  }

  close(): void {
    for (const slot of this.slots) slot.close();
    this.lingering.close();
  }

  #makeSlots(spec: LoadSpec): readonly Slot[] {
    const dialer = this.#dialer;
    const { lingering } = this;
    if (spec.protocol === 'h1') {
      const shared = { spec, request: requestBytes(spec), dialer, lingering, owner: this };
      return Array.from({ length: spec.connections }, () => new H1Slot(shared));
    }
    const streams = spec.mode === 'keepalive' ? (spec.streams ?? 1) : 1;
    return Array.from({ length: spec.connections }, () => new H2Connection(spec, dialer)).flatMap(
      (connection) => Array.from({ length: streams }, () => new H2Slot(spec, this, connection)),
    );
  }
}

/** All of a spec but how hard and how long. */
const targetOf = (spec: LoadSpec): string =>
  JSON.stringify({ ...spec, rate: undefined, warmupMs: undefined, durationMs: undefined });
