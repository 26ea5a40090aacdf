// The live page's stream of seconds (Server-Sent Events). It runs while somebody watches and not a moment longer; a
// watcher that does not read is dropped, and so is whoever comes when enough watch.
import type { ServerResponse } from 'node:http';
import type { Look } from './look.ts';
import { pulseOf, type Beat, type Pulse } from './pulse.ts';

export interface FeedOptions {
  look(): Promise<Look>;
  /** The last watcher has left. */
  onIdle(): void;
  readonly everyMs?: number;
}

const EVERY_MS = 1000;
const MOST_WATCHERS = 16;
/** Unread bytes of one watcher: some minutes of seconds. */
const UNREAD_BYTES = 512 * 1024;
/** Five minutes. */
const KEPT_BEATS = 300;
/** Ten seconds are enough requests to tell layers apart, and few enough to see them change. */
const KEPT_LOOKS = 11;

export class LiveFeed {
  readonly #options: FeedOptions;
  readonly #watchers = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #looks: Look[] = [];
  #beats: Beat[] = [];
  #looking = false;
  /** Watchers that did not read, over the life of the process. */
  dropped = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** False when enough watch: the response is the caller's still. */
  join(response: ServerResponse): boolean {
    if (this.#watchers.size >= MOST_WATCHERS) return false;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    this.#watchers.add(response);
    response.on('close', () => this.#leave(response));
    response.write(eventText('history', this.#beats));
    if (this.#timer === undefined) this.#begin();
    return true;
  }

  close(): void {
    for (const response of this.#watchers) response.destroy();
    this.#end();
  }

  #begin(): void {
    this.#timer = setInterval(() => void this.#tick(), this.#options.everyMs ?? EVERY_MS).unref();
    void this.#tick();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#looks = [];
    this.#beats = [];
  }

  #leave(response: ServerResponse): void {
    this.#watchers.delete(response);
    if (this.#watchers.size > 0 || this.#timer === undefined) return;
    this.#end();
    this.#options.onIdle();
  }

  /** A crew that is slow to answer skips seconds; it is never asked twice at once. */
  async #tick(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const look = await this.#options.look();
      if (this.#timer !== undefined) this.#take(look);
    } catch {
      // The service is ending: so will this.
    } finally {
      this.#looking = false;
    }
  }

  #take(look: Look): void {
    const before = this.#looks.at(-1);
    this.#looks.push(look);
    if (this.#looks.length > KEPT_LOOKS) this.#looks.shift();
    const [earlier] = this.#looks;
    if (before === undefined || earlier === undefined) return;
    const pulse = pulseOf(before, look, earlier);
    this.#keep(pulse);
    const text = eventText('pulse', pulse);
    for (const response of this.#watchers) this.#send(response, text);
  }

  #keep({ timeMs, answers, p50Ms, p99Ms }: Pulse): void {
    this.#beats.push({ timeMs, answers, p50Ms, p99Ms });
    if (this.#beats.length > KEPT_BEATS) this.#beats.shift();
  }

  #send(response: ServerResponse, text: string): void {
    if (response.writableLength > UNREAD_BYTES) {
      this.dropped += 1;
      response.destroy();
    } else response.write(text);
  }
}

const eventText = (name: string, data: unknown): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
