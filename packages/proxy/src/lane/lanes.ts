// Which lane takes a fresh connection: the wire lane where a route may be served by it, the full lane for all else.
import type { Socket } from 'node:net';
import type { ClientConnection } from '../connection.ts';
import type { Generation } from '../generation.ts';
import { UpstreamPools } from '../pool/pools.ts';
import { TimerWheel } from '../pool/wheel.ts';
import { FullLane } from './full/full.ts';
import type { Lane, LaneContext } from './lane.ts';
import { WireStreams } from './wire/h2/streams.ts';
import { WireLane } from './wire/wire.ts';

export class Lanes implements Lane {
  readonly #context: LaneContext;
  readonly #full: FullLane;
  readonly #wire: WireLane;

  constructor(context: LaneContext) {
    this.#context = context;
    const wheel = new TimerWheel();
    const pools = new UpstreamPools(wheel);
    this.#full = new FullLane(context, wheel, new WireStreams(context, pools, wheel));
    this.#wire = new WireLane(context, this.#full, pools, wheel);
  }

  get active(): number {
    return this.#full.active + this.#wire.active;
  }

  accept(socket: Socket, connection: ClientConnection, firstBytes?: Buffer): void {
    const lane =
      connection.protocol === 'h1' && this.#context.current().table.byWire ? this.#wire : this.#full;
    lane.accept(socket, connection, firstBytes);
  }

  configure(generation: Generation): void {
    this.#full.configure(generation);
  }

  drain(): void {
    this.#wire.drain();
    this.#full.drain();
  }

  destroy(): void {
    this.#wire.destroy();
    this.#full.destroy();
  }
}
