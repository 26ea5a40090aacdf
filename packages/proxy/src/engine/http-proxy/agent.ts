// Keep-alive connections to one upstream server: Node's agent over our own dialling.
import { Agent, type RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { UpstreamEndpoint } from '../../pool/endpoint.ts';
import { dial } from '../../upstream/dial.ts';
import type { ProxyEnds } from '../../upstream/proxyHeader.ts';

export interface AgentLimits {
  readonly idleSockets: number;
  /** Below the backend's own time-out, or a request meets a socket that is just being closed: the classic stray 502. */
  readonly idleMs: number;
  /** Idle ones that are made ahead of need. */
  readonly warm: number;
}

/** For a request whose connection is not shared. */
export function dialling(
  endpoint: UpstreamEndpoint,
  ends: ProxyEnds,
): NonNullable<RequestOptions['createConnection']> {
  return (_options, done) => {
    dial(endpoint, ends, (error, socket) => tell(done, error, socket));
    return undefined;
  };
}

/** Node's type wants a socket beside the error; it looks at the error first. */
function tell(done: object | undefined, error: Error | null, socket: Duplex | undefined): void {
  if (typeof done === 'function') Reflect.apply(done, undefined, [error, socket]);
}

export class HopAgent extends Agent {
  readonly #endpoint: UpstreamEndpoint;
  readonly #limits: AgentLimits;
  /** Made ahead of need, connected, and not asked anything yet. */
  readonly #spare: Socket[] = [];
  #warming = 0;
  readonly #warmed = new WeakSet<Socket>();

  constructor(endpoint: UpstreamEndpoint, limits: AgentLimits) {
    super({
      keepAlive: limits.idleSockets > 0,
      maxFreeSockets: Math.max(limits.idleSockets, 1),
      // Last in, first out: load that falls lets the rest grow old together.
      scheduling: 'lifo',
      timeout: limits.idleMs,
    });
    this.#endpoint = endpoint;
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return Object.keys(this.sockets).length + Object.keys(this.freeSockets).length + this.#spare.length === 0;
  }

  /** It has rested before its first request, so that its loss says nothing of the server. */
  wasWarmed(socket: Socket | undefined): boolean {
    return socket !== undefined && this.#warmed.has(socket);
  }

  override createConnection(
    _options: unknown,
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const spare = this.#takeSpare();
    if (spare !== undefined) tell(done, null, spare);
    else dial(this.#endpoint, undefined, (error, socket) => tell(done, error, socket));
  }

  /** A request has ended well there: time to make ready for more of them. */
  override keepSocketAlive(socket: Duplex): boolean {
    const kept: unknown = super.keepSocketAlive(socket);
    const idle = Object.values(this.freeSockets).reduce((sum, list) => sum + (list?.length ?? 0), 1);
    for (let lacking = this.#limits.warm - idle - this.#spare.length - this.#warming; lacking > 0; lacking--)
      this.#warm();
    return kept === true;
  }

  override destroy(): void {
    for (const socket of this.#spare.splice(0)) socket.destroy();
    super.destroy();
  }

  /** What says something unasked would be taken for the answer to the next request. */
  #takeSpare(): Socket | undefined {
    for (let socket = this.#spare.pop(); socket !== undefined; socket = this.#spare.pop()) {
      socket.removeAllListeners('close').setTimeout(0);
      if (!socket.destroyed && socket.writable && socket.readableLength === 0) return socket;
      socket.destroy();
    }
    return undefined;
  }

  #warm(): void {
    this.#warming += 1;
    dial(this.#endpoint, undefined, (error, socket) => {
      this.#warming -= 1;
      if (error !== null || socket === undefined) return;
      this.#warmed.add(socket);
      this.#spare.push(socket);
      const lost = (): void => {
        const at = this.#spare.indexOf(socket);
        if (at >= 0) this.#spare.splice(at, 1);
      };
      socket.on('error', lost).once('close', lost);
      socket.setTimeout(this.#limits.idleMs, () => socket.destroy());
    });
  }
}
