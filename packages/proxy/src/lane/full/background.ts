// Requests of the front's own: the target is asked again for what a client has just been given from a cache. Nobody
// waits for the answer; the filters of the route see it, and what they leave of it goes nowhere.
import { Socket } from 'node:net';
import { RouteTally } from '../../figures/route.ts';
import type { PolicyExchange } from '../../policy/seam.ts';
import type { Route } from '../../routing/table.ts';
import type { Exchange } from './exchange.ts';
import { foldFields } from './foldFields.ts';
import { H1Request } from './request.ts';
import { H1Response } from './response.ts';

export class Background {
  readonly #idleMs: () => number;
  readonly #underWay = new Set<Socket>();

  /** `idleMs`: how long a target may be silent within its answer; there is no client who could have enough of it. */
  constructor(idleMs: () => number) {
    this.#idleMs = idleMs;
  }

  /** `prepare` is called before the target is. */
  ask(former: Exchange, { policy, target }: Route, prepare: (again: PolicyExchange) => void): void {
    const { head, client } = former;
    if (head === undefined || client === undefined) return;
    const socket = new Nowhere(this.#idleMs());
    this.#underWay.add(socket);
    const request = requestLike(former, socket);
    const response = new H1Response(request);
    response.assignSocket(socket);
    const exchange = former.again(request, response);
    exchange.head = { ...head, method: 'GET', body: 'none', contentLength: undefined, expectContinue: false };
    exchange.asked = former.asked;
    exchange.client = client;
    exchange.tally = new RouteTally('-', '-');
    exchange.routed(policy);
    // With those of this request alone: who it is from has been judged, and is not to be believed from its own fields now.
    exchange.requestEdits = former.requestEdits;
    // A part of the path may have been taken off.
    exchange.routePath = former.routePath;
    response.once('finish', () => socket.destroy());
    socket.once('close', () => {
      this.#underWay.delete(socket);
      exchange.closed(response.writableFinished);
    });
    prepare(exchange);
    target.serve(exchange);
  }

  destroy(): void {
    for (const socket of this.#underWay) socket.destroy();
  }
}

/** The answer's last stop: takes every byte at once, and ends when none has come for so long. */
class Nowhere extends Socket {
  readonly #patience: NodeJS.Timeout;

  constructor(idleMs: number) {
    super();
    this.#patience = setTimeout(() => this.destroy(), idleMs).unref();
    this.once('close', () => clearTimeout(this.#patience));
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.#patience.refresh();
    done();
  }

  override _writev(_chunks: unknown, done: () => void): void {
    this.#patience.refresh();
    done();
  }

  override _read(): void {
    return undefined;
  }
}

/** As the client has asked it, without a body. */
function requestLike({ request: former }: Exchange, socket: Socket): H1Request {
  const request = new H1Request(socket);
  request.httpVersion = former.httpVersion;
  request.httpVersionMajor = former.httpVersionMajor;
  request.httpVersionMinor = former.httpVersionMinor;
  request.method = 'GET';
  request.url = former.url ?? '/';
  request.rawHeaders = former.rawHeaders.filter((_, at, all) => all[at - (at % 2)]?.startsWith(':') !== true);
  request.headers = foldFields(request.rawHeaders);
  request.complete = true;
  request.push(null);
  return request;
}
