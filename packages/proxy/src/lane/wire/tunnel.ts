// An upgraded connection: bytes both ways, each side waiting for the other's buffers, until one of them ends.
import type { UpstreamSocket } from '../../pool/socket.ts';
import type { WireClient } from './client.ts';

export class Tunnel {
  readonly #client: WireClient;
  readonly #upstream: UpstreamSocket;
  readonly #counted: (bytesOut: number) => void;
  #bytesOut = 0;

  /** `counted` is told, at each change, how many bytes went to the client. */
  constructor(client: WireClient, upstream: UpstreamSocket, counted: (bytesOut: number) => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#counted = counted;
    client.counters.tunnels += 1;
    this.#moved();
  }

  fromClient(bytes: Buffer, from: number, to: number): void {
    this.#moved();
    if (!this.#upstream.write(Buffer.from(bytes.subarray(from, to)))) this.#client.pause();
  }

  fromUpstream(bytes: Buffer, length: number): void {
    this.#moved();
    this.#bytesOut += length;
    this.#counted(this.#bytesOut);
    this.#client.write(Buffer.from(bytes.subarray(0, length)));
    if (this.#client.blocked) this.#upstream.pause();
  }

  clientDrain(): void {
    this.#upstream.resume();
  }

  /** The client is told when it has all that the upstream sent. */
  upstreamEnd(): void {
    this.#client.endTunnel();
  }

  close(): void {
    this.#client.counters.tunnels -= 1;
  }

  #moved(): void {
    this.#client.within(this.#client.timeouts.tunnelIdleMs);
  }
}
