// What one route has answered since this process began. Its names come from the configuration, never from a client, so
// that nobody can make more of them.
import { Histogram, type HistogramFigures } from './histogram.ts';

/** 1xx to 5xx, in this order. */
export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export interface RouteFigures {
  /** The site's first host; `-` for requests that no route answered. */
  readonly site: string;
  readonly route: string;
  /** Answers by class, as `STATUS_CLASSES`; a client that left counts as 4xx (499). */
  readonly answers: readonly number[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From head received to last byte handed to the kernel. */
  readonly durations: HistogramFigures;
  /** From request written to the upstream's last byte; only of requests that asked one. */
  readonly upstream: HistogramFigures;
}

export class RouteTally {
  readonly #site: string;
  readonly #route: string;
  readonly #answers = new Float64Array(STATUS_CLASSES.length);
  readonly #durations = new Histogram();
  readonly #upstream = new Histogram();
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(site: string, route: string) {
    this.#site = site;
    this.#route = route;
  }

  /** Once for each exchange, when it is over. */
  count(
    status: number,
    durationMs: number,
    upstreamMs: number | undefined,
    bytesIn: number,
    bytesOut: number,
  ): void {
    // A class that nobody knows is taken for the last (RFC 9110 15).
    const at = Math.min(Math.trunc(status / 100), STATUS_CLASSES.length) - 1;
    this.#answers[at] = (this.#answers[at] ?? 0) + 1;
    this.#durations.observe(durationMs);
    if (upstreamMs !== undefined) this.#upstream.observe(upstreamMs);
    this.#bytesIn += bytesIn;
    this.#bytesOut += bytesOut;
  }

  figures(): RouteFigures {
    return {
      site: this.#site,
      route: this.#route,
      answers: [...this.#answers],
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      durations: this.#durations.figures(),
      upstream: this.#upstream.figures(),
    };
  }
}
