// Streams of HTTP/2 as Node's request and response: for apps, files, policies that wait, and every refusal.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Http2Server } from 'node:http2';
import type { Config } from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import { ERROR } from '../../h2/frames.ts';
import type { H2Stream } from '../../h2/stream.ts';
import type { TimerWheel } from '../../pool/wheel.ts';
import type { ConnectionStreams } from '../h2/connection.ts';
import type { StreamTaker } from '../h2/h2.ts';
import { ReaderPace } from '../readerPace.ts';
import type { LaneContext } from '../lane.ts';
import type { Background } from './background.ts';
import { Exchange } from './exchange.ts';
import { foldFields } from './foldFields.ts';
import { H2Request } from './request.ts';
import { H2Response } from './response.ts';
import { serve } from './serve.ts';
import { StreamDuplex } from './streamDuplex.ts';
import { UploadWatch } from './uploadWatch.ts';

type Compatible = Http2Server<
  typeof IncomingMessage,
  typeof ServerResponse,
  typeof H2Request,
  typeof H2Response
>;

interface Begun {
  readonly duplex: StreamDuplex;
  readonly facts: ClientConnection;
}

export class FullStreams implements StreamTaker {
  readonly #context: LaneContext;
  readonly #background: Background;
  readonly #wheel: TimerWheel;
  readonly #uploads = new UploadWatch();
  /** Never listens and has no sessions: it makes request and response of the streams that are passed to it. */
  readonly #compatible: Compatible;
  #begun: Begun | undefined = undefined;

  constructor(context: LaneContext, background: Background, wheel: TimerWheel) {
    this.#context = context;
    this.#background = background;
    this.#wheel = wheel;
    this.#compatible = this.#createCompatible();
    this.configure(context.current().config);
  }

  configure(config: Config): void {
    this.#uploads.configure(config);
  }

  destroy(): void {
    this.#uploads.stop();
  }

  take(stream: H2Stream, { facts }: ConnectionStreams): true {
    const { list } = stream.request;
    const { limits } = this.#context.current().config;
    const duplex = new StreamDuplex(stream, facts, this.#wheel, new ReaderPace(limits.bodyBytesPerSecond));
    // Node makes request and response inside this call; it is how they learn whose they are.
    this.#begun = { duplex, facts };
    this.#compatible.emit('stream', duplex, foldFields(list), 0, [...list]);
    this.#begun = undefined;
    return true;
  }

  #createCompatible(): Compatible {
    const server: Compatible = createServer({
      Http2ServerRequest: H2Request,
      Http2ServerResponse: H2Response,
    });
    server.on('request', (request, response) => this.#serve(request, response));
    server.on('checkContinue', (request, response) => this.#serve(request, response));
    server.on('checkExpectation', (request, response) => this.#serve(request, response));
    server.on('connect', (request: H2Request, response: H2Response) => this.#serve(request, response));
    return server;
  }

  #serve(request: H2Request, response: H2Response): void {
    const begun = this.#begun;
    if (begun === undefined) {
      response.stream.destroy();
      return;
    }
    const { duplex, facts } = begun;
    const generation = this.#context.current();
    const exchange = new Exchange(this.#context, generation, facts, request, response);
    duplex.exchange = exchange;
    duplex.once('close', () => exchange.closed(duplex.writableFinished && duplex.rstCode === ERROR.none));
    whenStalled(duplex, generation.config.timeouts.responseIdleMs, () => this.#dropReader(duplex));
    serve(exchange, generation, this.#context, this.#background);
    if (exchange.bodyPending) this.#uploads.watch(exchange);
  }

  #dropReader(duplex: StreamDuplex): void {
    this.#context.counters.dropped('slow-reader');
    duplex.close(ERROR.cancel);
  }
}

/** A stream that waits for its target is left to the target's time-outs; the next silence is looked at again. */
function whenStalled(duplex: StreamDuplex, idleMs: number, stalled: () => void): void {
  duplex.setTimeout(idleMs);
  duplex.on('timeout', () => {
    if (duplex.writableLength > 0) stalled();
    else duplex.setTimeout(idleMs);
  });
}
