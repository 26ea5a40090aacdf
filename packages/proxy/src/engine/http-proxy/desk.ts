// Where exchanges are handed in before the plugin and found again behind it, by a ticket that the plugin carries.
import type { IncomingMessage } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Exchange } from '../../lane/full/exchange.ts';
import { H1Request } from '../../lane/full/request.ts';
import { UpstreamFailure } from '../../upstream/failure.ts';
import { Hop, type HopOptions } from './hop.ts';
import { relayAnswer } from './relay.ts';

interface Handed {
  readonly exchange: Exchange;
  answer: IncomingMessage | undefined;
}

/** What the plugin's caller of an HTTP client needs of its answer. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: IncomingMessage;
}

type Told = (error: Error | null, answer?: Answer) => void;

export class Desk {
  readonly #options: HopOptions;
  readonly #handed = new WeakMap<object, Handed>();
  readonly #tickets = new Map<string, Handed>();
  #issued = 0;

  constructor(options: HopOptions) {
    this.#options = options;
  }

  /** To the plugin every request is the same: no method it does not know, no address it would decode. */
  admit(exchange: Exchange): void {
    const { request } = exchange;
    this.#handed.set(request, { exchange, answer: undefined });
    if (request instanceof H1Request) request.method = 'GET';
    else request.headers[':method'] = 'GET';
    request.url = '/';
  }

  /** The ticket for a request that the plugin is about to pass on. */
  issue(request: object): string {
    const handed = this.#handed.get(request);
    if (handed === undefined) throw new TypeError('expected a request that was admitted');
    this.#issued += 1;
    const ticket = String(this.#issued);
    this.#tickets.set(ticket, handed);
    return ticket;
  }

  /** In place of undici's: the plugin takes whatever has a `request` for its client. */
  get ask(): Dispatcher['request'] {
    const ask = (options: { headers: { ticket: string } }, told: Told): void => {
      this.#ask(options.headers.ticket, told);
    };
    return ask as unknown as Dispatcher['request'];
  }

  relay(request: object): void {
    const handed = this.#handed.get(request);
    if (handed?.answer !== undefined) relayAnswer(handed.exchange, handed.answer);
  }

  /** `error`: the plugin's, with ours as its cause; or its own, which would be a mistake of ours. */
  fail(request: object, error: Error): void {
    const handed = this.#handed.get(request);
    if (handed === undefined) return;
    const { cause } = error;
    const { exchange } = handed;
    exchange.fail(cause instanceof UpstreamFailure ? cause.code : 'internal');
  }

  #ask(ticket: string, told: Told): void {
    const handed = this.#tickets.get(ticket);
    if (handed === undefined) return;
    this.#tickets.delete(ticket);
    const hop = new Hop(handed.exchange, this.#options, (failure, answer) => {
      if (answer === undefined) {
        told(failure ?? new UpstreamFailure('internal', 'no answer and no reason'));
        return;
      }
      handed.answer = answer;
      told(null, { statusCode: 200, headers: {}, body: answer });
    });
    hop.start();
  }
}
