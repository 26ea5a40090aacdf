// The cache of a route (RFC 9111): a step that answers from what is kept or lets one client ask for many, and a filter
// that keeps what the target answers.
import type { CacheConfig } from '@tollgate/core';
import type { AnswerHead } from '../policy/answerHead.ts';
import type { AnswerFilter, BodyChange, PolicyExchange, Step, StepOutcome } from '../policy/seam.ts';
import { sizedFields, type PreparedAnswer } from '../target/prepared.ts';
import { askedOf, readAsked, type Asked, type CacheRequest } from './asked.ts';
import { cacheStatus, type Dealt, type Forwarded } from './cacheStatus.ts';
import { startCounters } from './counters.ts';
import type { Fetch, Pass } from './fetch.ts';
import { Flights, type Flight } from './flights.ts';
import { FileBody, type DiskPart } from './disk/fileBody.ts';
import { DiskSpace } from './disk/space.ts';
import { fromStore, type KeptAnswer } from './fromStore.ts';
import { Intake } from './intake.ts';
import { MemoryStore } from './memory.ts';
import { judgeReuse } from './reuse.ts';
import { isShareable } from './storable.ts';
import { ageMs, type StoredAnswer } from './stored.ts';
import { canBeValidated, withConditions } from './validation.ts';
import { variantOf } from './variant.ts';

/** From what is kept. `given` is called when the client gets it. */
export interface FreshAnswer {
  readonly answer: PreparedAnswer;
  readonly given: () => void;
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export class RouteCache {
  readonly counters = startCounters();
  readonly store: MemoryStore;
  /** Where bodies are that are too large for memory. */
  readonly disk: DiskSpace | undefined;
  readonly #config: CacheConfig;
  readonly #told: readonly string[];
  readonly #flights: Flights;
  readonly #intake: Intake;
  readonly #dealt = new WeakMap<PolicyExchange, Fetch | Pass>();

  /** `told`: fields, in lower case, that the front writes for each client: the cache does not see what is in them. */
  constructor(config: CacheConfig, told: readonly string[] = []) {
    this.#config = config;
    this.#told = told;
    const { disk } = config;
    this.disk = disk && new DiskSpace(disk.directory, disk.limitBytes, () => (this.counters.diskErrors += 1));
    this.store = new MemoryStore(config.limitBytes, this.disk);
    this.#flights = new Flights(config.waiting);
    this.#intake = new Intake(config, told, this.store, this.#flights, this.counters, this.disk);
  }

  /** Clients that wait now for what another has asked for. */
  get waiting(): number {
    return this.#flights.waiting;
  }

  /** Lets go of everything. */
  close(): void {
    this.purge(() => true);
  }

  /** Forgets everything whose key is `wanted`, also what is being fetched now; the count of what was kept. */
  purge(wanted: (key: string) => boolean): number {
    this.#intake.spoil(wanted);
    return this.store.deleteWhere(wanted);
  }

  readonly step: Step = (exchange) => {
    const { head } = exchange;
    const asked = readAsked(exchange, this.#config, this.#told);
    if (head === undefined || asked === undefined) return 'goes-on';
    if (isShareable(head, asked.names, exchange.hasBody)) return this.#look(exchange, asked);
    return this.#pass(exchange, asked, SAFE.has(head.method) ? 'bypass' : 'method');
  };

  readonly filter: AnswerFilter = (exchange, head) => {
    const dealt = this.#dealt.get(exchange);
    if (dealt === undefined) return undefined;
    this.#dealt.delete(exchange);
    if (dealt.kind === 'fetch') return this.#fetched(dealt, head);
    if (dealt.why === 'method') this.#intake.invalidate(dealt.key, head);
    this.#note(head, { kind: 'forwarded', why: dealt.why });
    return undefined;
  };

  /**
   * What the step would answer at once to a request without a body, for a lane that asks no other step; `undefined`: the
   * step has to see to it. `isIncomplete`: names of fields that are not among the request's although it may have had them.
   */
  fresh(request: CacheRequest, isIncomplete: (name: string) => boolean): FreshAnswer | undefined {
    const asked = askedOf(request, this.#config, this.#told);
    if (!isShareable({ method: request.method, upgrade: undefined }, asked.names, false)) return undefined;
    if (this.store.variants(asked.key).some(({ selecting }) => selecting.some(isIncomplete)))
      return undefined;
    const kept = this.#find(asked);
    const nowMs = Date.now();
    if (kept === undefined || judgeReuse(kept, asked.wishes, nowMs) !== 'fresh') return undefined;
    const answer = this.#answer(asked, kept, hit(kept, nowMs));
    if (answer.file !== undefined) return undefined;
    return { answer, given: () => this.#given(kept) };
  }

  #given(kept: StoredAnswer): void {
    this.counters.hits += 1;
    this.store.touch(kept);
  }

  #look(exchange: PolicyExchange, asked: Asked): StepOutcome | Promise<StepOutcome> {
    const nowMs = Date.now();
    const kept = this.#find(asked);
    const reuse = kept === undefined ? 'validate' : judgeReuse(kept, asked.wishes, nowMs);
    if (kept !== undefined && reuse !== 'validate') {
      this.counters[reuse === 'fresh' ? 'hits' : 'staleHits'] += 1;
      this.#serve(exchange, kept, this.#answer(asked, kept, hit(kept, nowMs)));
      if (reuse === 'stale') this.#refresh(exchange, asked, kept);
      return 'answered';
    }
    if (asked.wishes.onlyIfCached) {
      exchange.refuse('not-cached');
      return 'answered';
    }
    const why = this.#reason(asked, kept);
    if (asked.isHead || asked.isPartial) return this.#pass(exchange, asked, why);
    return this.#fetch(exchange, asked, kept, why);
  }

  /** The newest of those that fit (RFC 9111 4.1). */
  #find(asked: Asked): StoredAnswer | undefined {
    return this.store.variants(asked.key).findLast((answer) => fits(answer, asked));
  }

  #reason(asked: Asked, kept: StoredAnswer | undefined): Forwarded {
    if (kept !== undefined) return asked.wishes.noCache ? 'request' : 'stale';
    return this.store.variants(asked.key).length === 0 ? 'uri-miss' : 'vary-miss';
  }

  #serve(exchange: PolicyExchange, kept: StoredAnswer, answer: KeptAnswer): void {
    this.store.touch(kept);
    const { file } = answer;
    if (file !== undefined)
      exchange.filterAnswer((_exchange, head) => {
        head.set('Content-Length', String(file.length));
        return this.#fileBody(kept, file);
      });
    exchange.answer(answer);
  }

  #answer(asked: Asked, kept: StoredAnswer, dealt: Dealt): KeptAnswer {
    return fromStore(kept, asked, Date.now(), this.#config.cacheStatus ? cacheStatus(dealt) : undefined);
  }

  /** Of an answer whose file is open: it is in the store, or asked about. What the disk cannot give is kept no longer. */
  #fileBody(kept: StoredAnswer, part: DiskPart): FileBody {
    part.body.retain();
    return new FileBody(part, () => {
      this.disk?.failed();
      this.store.drop(kept);
    });
  }

  #pass(exchange: PolicyExchange, { key }: Asked, why: Forwarded): 'goes-on' {
    this.counters.passed += 1;
    this.#dealt.set(exchange, { kind: 'pass', key, why });
    return 'goes-on';
  }

  /** Alone, for all who come meanwhile, or as one of those who wait. */
  #fetch(
    exchange: PolicyExchange,
    asked: Asked,
    kept: StoredAnswer | undefined,
    why: Forwarded,
  ): StepOutcome | Promise<StepOutcome> {
    if (!this.#mayShare(asked, kept)) return this.#ask(exchange, asked, kept, why, undefined);
    const name = this.#flightName(asked);
    const flight = this.#flights.under(name);
    if (flight !== undefined) return this.#wait(exchange, asked, flight, why);
    return this.#ask(exchange, asked, kept, why, this.#flights.begin(name));
  }

  /** What is likely to be somebody's own is not waited for: it would only hold the others up. */
  #mayShare(asked: Asked, kept: StoredAnswer | undefined): boolean {
    if (asked.hasAuthorization || kept?.validated === true) return false;
    if (asked.isKnown && this.#config.lifetimeMs !== undefined) return false;
    return !this.#flights.isUnshared(asked.key, performance.now());
  }

  /** Once it is known what the answers depend on, each variant is a fetch of its own. */
  #flightName({ key, rawHeaders }: Asked): string {
    const selecting = this.store.variants(key).at(-1)?.selecting ?? [];
    return `${key}\n${variantOf(selecting, rawHeaders)}`;
  }

  async #wait(exchange: PolicyExchange, asked: Asked, flight: Flight, why: Forwarded): Promise<StepOutcome> {
    const landing = await this.#flights.wait(flight, asked.waitsUntilMs, (leave) => exchange.onOver(leave));
    if (exchange.over) return 'answered';
    if (landing.kind === 'kept' && fits(landing.answer, asked) && this.#isThere(landing.answer)) {
      this.counters.collapsed += 1;
      const dealt: Dealt = { kind: 'forwarded', why, collapsed: true };
      this.#serve(exchange, landing.answer, this.#answer(asked, landing.answer, dealt));
      return 'answered';
    }
    if (landing.kind !== 'alone') return this.#look(exchange, asked);
    this.counters[landing.why === 'too-many' ? 'tooManyWaiting' : 'waitedInVain'] += 1;
    return this.#ask(exchange, asked, this.#find(asked), why, undefined);
  }

  /** One whose body is in a file is there for as long as it is in the store. */
  #isThere(answer: StoredAnswer): boolean {
    return Buffer.isBuffer(answer.body) || this.store.variants(answer.key).includes(answer);
  }

  #ask(
    exchange: PolicyExchange,
    asked: Asked,
    kept: StoredAnswer | undefined,
    why: Forwarded,
    flight: Flight | undefined,
  ): 'goes-on' {
    this.counters.misses += 1;
    const fetch: Fetch = { kind: 'fetch', asked, kept, why, askedMs: Date.now(), flight, spoiled: false };
    this.#dealt.set(exchange, fetch);
    this.#intake.begin(fetch);
    exchange.onClosed(() => this.#intake.ended(fetch));
    if (kept !== undefined) holdOpen(kept, exchange);
    const known = kept !== undefined && canBeValidated(kept) ? kept : undefined;
    exchange.editRequest((fields) => withConditions(fields, known));
    return 'goes-on';
  }

  /** In the background: whoever asks meanwhile gets the stale one. */
  #refresh(exchange: PolicyExchange, asked: Asked, kept: StoredAnswer): void {
    const name = this.#flightName(asked);
    if (this.#flights.under(name) !== undefined) return;
    const flight = this.#flights.begin(name);
    exchange.askAgain((again) => this.#ask(again, asked, kept, 'stale', flight));
  }

  #fetched(fetch: Fetch, head: AnswerHead): BodyChange | undefined {
    const { asked, why } = fetch;
    const taken = this.#intake.take(fetch, head);
    if (taken.kind === 'served') {
      const dealt: Dealt = { kind: 'forwarded', why, status: head.status, stored: taken.stored };
      return this.#replace(head, taken.answer, this.#answer(asked, taken.answer, dealt));
    }
    if (taken.kind === 'contradiction') return replace(head, taken.answer);
    this.#note(head, { kind: 'forwarded', why, stored: taken.stored });
    return taken.capture;
  }

  #replace(head: AnswerHead, kept: StoredAnswer, answer: KeptAnswer): BodyChange {
    const body = replace(head, answer);
    if (answer.file === undefined) return body;
    head.set('Content-Length', String(answer.file.length));
    return this.#fileBody(kept, answer.file);
  }

  #note(head: AnswerHead, dealt: Dealt): void {
    if (this.#config.cacheStatus) head.add('Cache-Status', cacheStatus(dealt));
  }
}

/** It may be served whatever becomes of it in the store while the target is asked about it. */
function holdOpen({ body }: StoredAnswer, exchange: PolicyExchange): void {
  if (!Buffer.isBuffer(body) && body.retain()) exchange.onClosed(() => body.release());
}

const hit = (kept: StoredAnswer, nowMs: number): Dealt => ({
  kind: 'hit',
  ttlMs: kept.freshness.lifetimeMs - ageMs(kept, nowMs),
});

function fits(answer: StoredAnswer, asked: Asked): boolean {
  // What the front alone thinks may be kept is not served to those whose page may be their own.
  if (answer.freshness.by === 'front' && asked.isKnown) return false;
  return answer.variant === variantOf(answer.selecting, asked.rawHeaders);
}

function replace(head: AnswerHead, answer: PreparedAnswer): Buffer {
  head.status = answer.status;
  head.fields = [...sizedFields(answer)];
  return answer.body;
}
