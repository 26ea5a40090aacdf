// What the target's answers do to the cache: kept, confirmed, put aside for an error, or reason to forget something.
import type { Transform } from 'node:stream';
import type { CacheConfig } from '@tollgate/core';
import type { AnswerHead } from '../policy/answerHead.ts';
import { errorAnswer } from '../policy/errorAnswer.ts';
import { isBodyless, type PreparedAnswer } from '../target/prepared.ts';
import { beginCapture } from './capture.ts';
import type { CacheCounters } from './counters.ts';
import { DiskBody } from './disk/body.ts';
import { DiskCapture } from './disk/diskCapture.ts';
import type { DiskSpace } from './disk/space.ts';
import type { Fetch } from './fetch.ts';
import { linesOf } from './fieldLines.ts';
import type { Flights } from './flights.ts';
import { keyOfReference } from './key.ts';
import type { MemoryStore } from './memory.ts';
import { servesOnError } from './reuse.ts';
import { keepable, stored, type Keepable, type KeepingRules, type StoredAnswer } from './stored.ts';
import { confirms, freshened } from './validation.ts';

export type Taken =
  /** The client gets what is kept, in place of the target's answer. */
  | { readonly kind: 'served'; readonly answer: StoredAnswer; readonly stored: boolean }
  /** The target says that nothing has changed, of something that nobody has. */
  | { readonly kind: 'contradiction'; readonly answer: PreparedAnswer }
  /** The client gets the target's answer, which may pass through a copier. */
  | { readonly kind: 'passed'; readonly stored: boolean; readonly capture: Transform | undefined };

type CapturedBody = Buffer | DiskBody | 'no-room' | 'cut';

const PASSED: Taken = { kind: 'passed', stored: false, capture: undefined };
/** RFC 5861 section 4. */
const FAILURES: ReadonlySet<number> = new Set([500, 502, 503, 504]);
const NOTHING = Buffer.alloc(0);

export class Intake {
  readonly #config: CacheConfig;
  readonly #rules: KeepingRules;
  readonly #store: MemoryStore;
  readonly #flights: Flights;
  readonly #counters: CacheCounters;
  readonly #disk: DiskSpace | undefined;
  readonly #underWay = new Set<Fetch>();

  constructor(
    config: CacheConfig,
    told: readonly string[],
    store: MemoryStore,
    flights: Flights,
    counters: CacheCounters,
    disk: DiskSpace | undefined,
  ) {
    this.#config = config;
    this.#rules = {
      lifetimeMs: config.lifetimeMs,
      heuristic: config.heuristic,
      told,
      staleMs: { whileRevalidate: config.staleWhileRevalidateMs, ifError: config.staleIfErrorMs },
    };
    this.#store = store;
    this.#flights = flights;
    this.#counters = counters;
    this.#disk = disk;
  }

  begin(fetch: Fetch): void {
    this.#underWay.add(fetch);
  }

  /** Its exchange is over; if its answer was not whole by then, it never will be. */
  ended(fetch: Fetch): void {
    this.#underWay.delete(fetch);
    fetch.flight?.land({ kind: 'again' });
  }

  /** What is being fetched was asked for before the change that makes it stale. */
  spoil(wanted: (key: string) => boolean): void {
    for (const fetch of this.#underWay) if (wanted(fetch.asked.key)) fetch.spoiled = true;
  }

  /** A method that changes something has been answered: what it changed is no longer what is kept (RFC 9111 4.4). */
  invalidate(key: string, head: AnswerHead): void {
    if (head.status < 200 || head.status >= 400) return;
    const references = [...linesOf(head.fields, 'location'), ...linesOf(head.fields, 'content-location')];
    const changed = new Set([key, ...references.map((reference) => keyOfReference(reference, key))]);
    this.spoil((fetched) => changed.has(fetched));
    for (const one of changed) if (one !== undefined) this.#store.delete(one);
  }

  /** The head of the answer that was fetched. */
  take(fetch: Fetch, head: AnswerHead): Taken {
    const { kept, asked } = fetch;
    const nowMs = Date.now();
    if (head.status === 304) {
      if (kept !== undefined && confirms(head.fields, kept)) return this.#confirmed(fetch, kept, head, nowMs);
      fetch.flight?.land({ kind: 'again' });
      if (kept !== undefined && !asked.isConditional) return this.#contradicted(kept);
      // Whoever asked about a copy of his own may have that answer.
      return asked.isConditional ? PASSED : CONTRADICTION;
    }
    if (kept !== undefined && FAILURES.has(head.status) && servesOnError(kept, nowMs)) {
      this.#counters.errorHits += 1;
      fetch.flight?.land({ kind: 'kept', answer: kept });
      return { kind: 'served', answer: kept, stored: false };
    }
    return this.#keep(fetch, head, nowMs);
  }

  /** It names another version than it was asked about, by mistake: sent once more, and then fetched anew. */
  #contradicted(kept: StoredAnswer): Taken {
    this.#store.drop(kept);
    return { kind: 'served', answer: kept, stored: false };
  }

  #confirmed(fetch: Fetch, kept: StoredAnswer, { fields }: AnswerHead, receivedMs: number): Taken {
    this.#counters.validated += 1;
    const confirmation = { fields, askedMs: fetch.askedMs, receivedMs };
    const answer = freshened(kept, confirmation, fetch.asked, this.#rules);
    if (answer === undefined || fetch.spoiled) {
      this.#store.drop(kept);
      this.#landAlone(fetch);
      return { kind: 'served', answer: answer ?? kept, stored: false };
    }
    this.#put(fetch, answer);
    return { kind: 'served', answer, stored: true };
  }

  #keep(fetch: Fetch, head: AnswerHead, receivedMs: number): Taken {
    const { asked, askedMs } = fetch;
    const timed = { status: head.status, fields: head.fields, askedMs, receivedMs };
    const kept = asked.wishes.noStore ? undefined : keepable(timed, asked, this.#rules);
    if (kept === undefined) {
      // What there was is not what the target says now.
      if (fetch.kept !== undefined && !FAILURES.has(head.status)) this.#store.drop(fetch.kept);
      this.#landAlone(fetch);
      return PASSED;
    }
    if (isBodyless(head.status)) {
      this.#finish(fetch, kept, NOTHING);
      return { kind: 'passed', stored: true, capture: undefined };
    }
    const capture = this.#capture(lengthOf(head), (body) => this.#finish(fetch, kept, body));
    if (capture === undefined) this.#finish(fetch, kept, 'no-room');
    return { kind: 'passed', stored: capture !== undefined, capture };
  }

  #capture(length: number | undefined, done: (body: CapturedBody) => void): Transform | undefined {
    const { bodyBytes, disk: limits } = this.#config;
    const disk = this.#disk;
    if (disk === undefined || limits === undefined || length === undefined || length <= bodyBytes)
      return beginCapture({ store: this.#store, mostBytes: bodyBytes, length, done });
    return length <= limits.bodyBytes && disk.reserve(length)
      ? new DiskCapture(disk, length, done)
      : undefined;
  }

  #finish(fetch: Fetch, kept: Keepable, body: CapturedBody): void {
    this.#land(fetch, kept, body);
    // The store has a part in it of its own.
    if (body instanceof DiskBody) body.release();
  }

  #land(fetch: Fetch, kept: Keepable, body: CapturedBody): void {
    if (body === 'cut' || (fetch.spoiled && body !== 'no-room')) fetch.flight?.land({ kind: 'again' });
    else if (body === 'no-room') {
      this.#counters.noRoom += 1;
      this.#landAlone(fetch);
    } else this.#put(fetch, stored(kept, body));
  }

  #put(fetch: Fetch, answer: StoredAnswer): void {
    if (!this.#store.put(answer)) this.#counters.noRoom += 1;
    this.#flights.noteShared(answer.key);
    fetch.flight?.land({ kind: 'kept', answer });
  }

  /** Nobody waits for it any more, nor for the next one. What somebody known gets says nothing of what others do. */
  #landAlone({ flight, asked }: Fetch): void {
    if (flight === undefined) return;
    this.#flights.noteUnshared(asked.key, performance.now());
    flight.land({ kind: 'alone', why: 'not-kept' });
  }
}

const CONTRADICTION: Taken = { kind: 'contradiction', answer: errorAnswer('upstream-malformed', undefined) };

/** `undefined`: it does not say. */
function lengthOf(head: AnswerHead): number | undefined {
  const length = head.get('content-length');
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}
