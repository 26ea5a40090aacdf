// Keep-alive connections to one upstream server: Node's agent over our own dialling.
import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import type { UpstreamEndpoint } from '../../pool/endpoint.ts';
import { dial } from '../../upstream/dial.ts';

export interface AgentLimits {
  readonly idleSockets: number;
  /** Below the backend's own time-out, or a request meets a socket that is just being closed: the classic stray 502. */
  readonly idleMs: number;
}

export class HopAgent extends Agent {
  readonly #endpoint: UpstreamEndpoint;

  constructor(endpoint: UpstreamEndpoint, { idleSockets, idleMs }: AgentLimits) {
    super({
      keepAlive: idleSockets > 0,
      maxFreeSockets: Math.max(idleSockets, 1),
      // Last in, first out: load that falls lets the rest grow old together.
      scheduling: 'lifo',
      timeout: idleMs,
    });
    this.#endpoint = endpoint;
  }

  get isEmpty(): boolean {
    return Object.keys(this.sockets).length + Object.keys(this.freeSockets).length === 0;
  }

  override createConnection(
    _options: unknown,
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    dial(this.#endpoint, (error, socket) => {
      // Node's type wants a socket beside the error; it looks at the error first.
      if (done !== undefined) Reflect.apply(done, undefined, [error, socket]);
    });
  }
}
