// The servers of one upstream: who is in use, whose turn it is, who waits, what is asked again. Both engines share it.
import type { UpstreamConfig, UpstreamServer } from '@tollgate/core';
import type { UpstreamEndpoint } from '../pool/endpoint.ts';
import { chooseBy, type Choose } from './balance/choose.ts';
import { UpstreamFailure } from './failure.ts';
import { FailureWindow } from './failureWindow.ts';
import { UpstreamMember } from './member.ts';
import { RetryBudget } from './retryBudget.ts';
import type { Seeker } from './seeker.ts';
import { slowedWeight } from './slowStart.ts';
import { memberStatus, type UpstreamStatus, type UpstreamTotals } from './status.ts';
import { WaitingLine } from './waitingLine.ts';

/** Whoever tells people. */
export interface GroupObserver {
  /** Each time, with why. */
  failed(server: UpstreamServer, cause: Error): void;
  /** So many failures that it is left alone for a while. */
  marked(server: UpstreamServer): void;
  /** A marked one has answered. */
  back(server: UpstreamServer): void;
  /** Its checks have put it out of use, the last one for this reason, or back into use. */
  unhealthy(server: UpstreamServer, fault: string): void;
  healthy(server: UpstreamServer): void;
}

/** How a server is reached: by this address, or by what its configuration says. */
type EndpointOf = (server: UpstreamServer, address: string | undefined) => UpstreamEndpoint;

/** How long a marked server is left alone between two requests that find out whether it is back. */
const TRIAL_EVERY_MS = 1000;

export class UpstreamGroup {
  readonly config: UpstreamConfig;
  #members: readonly UpstreamMember[];
  readonly #endpointOf: EndpointOf;
  readonly #now: () => number;
  readonly #observer: GroupObserver;
  readonly #choose: Choose;
  readonly #budget: RetryBudget;
  /** `undefined` when no server has a bound: nobody ever waits. */
  readonly #line: WaitingLine | undefined;
  /** Look-ups of a name that brought nothing; counted by whoever makes them. */
  lookupsFailed = 0;
  #admitting = false;
  #lastTrialMs = Number.NEGATIVE_INFINITY;

  /** `now`: monotonic milliseconds. */
  constructor(
    config: UpstreamConfig,
    endpointOf: EndpointOf,
    observer: GroupObserver,
    now: () => number = () => performance.now(),
  ) {
    this.config = config;
    this.#now = now;
    this.#observer = observer;
    this.#choose = chooseBy(config.balance);
    this.#budget = new RetryBudget(config.retries.budget);
    this.#endpointOf = endpointOf;
    this.#members = config.servers.map((server) => this.#memberOf(server, undefined));
    if (config.servers.some(({ maxConnections }) => maxConnections !== undefined))
      this.#line = new WaitingLine(config.queue, (seeker) => seeker.refused(busy('waited in vain')));
  }

  get members(): readonly UpstreamMember[] {
    return this.#members;
  }

  /**
   * Each address becomes a server of its own; those that stay keep all that is known of them. What is under way at one
   * that goes ends there.
   */
  setAddresses(server: UpstreamServer, addresses: readonly string[]): void {
    const known = this.#members.filter((member) => member.server === server);
    // The first addresses of a name are no newcomers: all servers are as cold.
    const isFirst = known.every(({ address }) => address === undefined);
    const next = addresses.map((address) => {
      const kept = known.find((member) => member.address === address);
      if (kept !== undefined) return kept;
      const made = this.#memberOf(server, address);
      if (!isFirst) made.backSinceMs = this.#now();
      return made;
    });
    this.#members = this.config.servers.flatMap((one) =>
      one === server ? next : this.#members.filter((member) => member.server === one),
    );
    this.#admit();
  }

  /** What the checks of a server say; `fault`: why the last one failed. */
  setHealth(member: UpstreamMember, healthy: boolean, fault = ''): void {
    if (member.healthy === healthy) return;
    member.healthy = healthy;
    if (healthy) {
      member.backSinceMs = this.#now();
      this.#observer.healthy(member.server);
    } else this.#observer.unhealthy(member.server, fault);
    this.#admit();
  }

  /** Grants or refuses, now or when it has waited. Whoever is granted a server leaves it, once. */
  seek(seeker: Seeker): void {
    const now = this.#now();
    if (seeker.tried.length === 0) this.#budget.request(now);
    this.#admit();
    // Nobody overtakes those who wait.
    const found = this.#line !== undefined && this.#line.size > 0 ? 'full' : this.#pick(seeker, now);
    if (found === 'full') this.#wait(seeker);
    else this.#settle(seeker, found, now);
  }

  /** The seeker is not interested any more; also when it was not waiting. */
  giveUp(seeker: Seeker): void {
    this.#line?.leave(seeker);
  }

  /** The request that was granted the server is over there. */
  leave(member: UpstreamMember): void {
    member.active -= 1;
    this.#admit();
  }

  /**
   * Whether a request that has tried so many servers may be asked of another; it counts then. `stale`: it was lost with a
   * connection that had rested too long, which says nothing of the server and costs the budget nothing.
   */
  mayRetry(tried: number, stale: boolean): boolean {
    return tried < this.config.retries.attempts && (stale || this.#budget.spend());
  }

  /** Any answer of the server proves that it is alive; whether it is well is the breaker's question. */
  answered(member: UpstreamMember, status: number): void {
    const bad = status >= 500;
    if (member.window !== undefined) {
      const now = this.#now();
      if (member.window.note(bad, now)) this.#mark(member, now, true);
    }
    if (member.fails > 0 || member.markedUntilMs > 0) this.#recover(member, bad);
  }

  /** No connection, no answer in time, or no valid answer. */
  failed(member: UpstreamMember, cause: Error = new Error('no valid answer')): void {
    const now = this.#now();
    member.fails += 1;
    member.failures += 1;
    this.#observer.failed(member.server, cause);
    const tripped = member.window?.note(true, now) === true;
    if (member.fails >= this.config.maxFails) this.#mark(member, now, false);
    else if (tripped) this.#mark(member, now, true);
  }

  status(): readonly UpstreamStatus[] {
    const now = this.#now();
    return this.#members.map((member) => memberStatus(member, this.config, now));
  }

  totals(): UpstreamTotals {
    return {
      servers: this.config.servers.map(({ text }) => text),
      waiting: this.#line?.size ?? 0,
      waited: this.#line?.waited ?? 0,
      queueFull: this.#line?.full ?? 0,
      queueLate: this.#line?.late ?? 0,
      retries: this.#budget.spent,
      retriesDenied: this.#budget.denied,
      lookupsFailed: this.lookupsFailed,
    };
  }

  #settle(seeker: Seeker, found: UpstreamMember | 'down', now: number): void {
    if (found === 'down') {
      seeker.refused(new UpstreamFailure('upstream-refused', 'no server is left to ask'));
      return;
    }
    if (found.markedUntilMs > 0) found.triedAtMs = now;
    found.active += 1;
    found.requests += 1;
    seeker.granted(found);
  }

  #wait(seeker: Seeker): void {
    if (this.#line?.join(seeker) !== true) seeker.refused(busy('found the queue full'));
  }

  /** A loop and not a recursion: whoever is let in may be out again before the next one is. */
  #admit(): void {
    const line = this.#line;
    if (line === undefined || line.size === 0 || this.#admitting) return;
    this.#admitting = true;
    const now = this.#now();
    for (let first = line.first; first !== undefined; first = line.first) {
      const found = this.#pick(first, now);
      if (found === 'full') break;
      line.leave(first);
      this.#settle(first, found, now);
    }
    this.#admitting = false;
  }

  /** `full`: there are servers in use, and each has as much to do as it may. */
  #pick(seeker: Seeker, now: number): UpstreamMember | 'full' | 'down' {
    return (
      this.#among(seeker, false, now) ??
      this.#among(seeker, true, now) ??
      this.#again(seeker, now) ??
      this.#trial(now) ??
      'down'
    );
  }

  /** A backup stands in for servers that are out of use, not for those that are full: there a request waits. */
  #among(seeker: Seeker, backup: boolean, now: number): UpstreamMember | 'full' | undefined {
    let [some, full] = [false, false];
    for (const member of this.#members) {
      const wanted =
        member.server.backup === backup && isInUse(member, now) && !seeker.tried.includes(member);
      member.candidate = wanted && member.hasRoom;
      if (!member.candidate) full ||= wanted;
      else {
        some = true;
        member.share = slowedWeight(member, this.config.slowStartMs, now);
      }
    }
    if (some) return this.#choose(this.#members, seeker);
    return full ? 'full' : undefined;
  }

  /** There is no other than those that have just failed. */
  #again({ tried }: Seeker, now: number): UpstreamMember | 'full' | undefined {
    const left = tried.filter((member) => isInUse(member, now));
    return left.find(({ hasRoom }) => hasRoom) ?? (left.length > 0 ? 'full' : undefined);
  }

  /**
   * While every server is marked. Without it one that is back after a second would be refused for its whole window. To leave
   * the only one alone helps nobody, as nginx has it too (`max_fails`), unless a breaker was asked for.
   */
  #trial(now: number): UpstreamMember | undefined {
    const [only, another] = this.#members;
    if (only !== undefined && another === undefined && only.healthy && !only.tripped) return only;
    if (now - this.#lastTrialMs < TRIAL_EVERY_MS) return undefined;
    const marked = this.#members.filter(({ healthy }) => healthy);
    const [first] = marked.toSorted((a, b) => a.markedUntilMs - b.markedUntilMs);
    if (first !== undefined) this.#lastTrialMs = now;
    return first;
  }

  #memberOf(server: UpstreamServer, address: string | undefined): UpstreamMember {
    const { breaker } = this.config;
    const window = breaker === undefined ? undefined : new FailureWindow(breaker);
    return new UpstreamMember(server, address, this.#endpointOf(server, address), window);
  }

  #mark(member: UpstreamMember, now: number, tripped: boolean): void {
    const isNews = member.markedUntilMs === 0;
    if (tripped && !member.tripped) member.trips += 1;
    member.markedUntilMs = now + this.config.failWindowMs;
    // Only a good answer closes a breaker: what fails after it has tripped does not.
    member.tripped ||= tripped;
    if (isNews) this.#observer.marked(member.server);
  }

  #recover(member: UpstreamMember, bad: boolean): void {
    const now = this.#now();
    if (member.tripped) {
      // What was under way when it was marked says nothing new.
      if (member.triedAtMs < member.markedUntilMs - this.config.failWindowMs) return;
      if (bad) {
        this.#mark(member, now, true);
        return;
      }
    }
    const wasMarked = member.markedUntilMs > 0;
    member.fails = 0;
    member.markedUntilMs = 0;
    member.tripped = false;
    if (!wasMarked) return;
    member.backSinceMs = now;
    this.#observer.back(member.server);
    this.#admit();
  }
}

/** When its window is over, a marked server is asked once in a while until it answers. */
const isInUse = ({ healthy, markedUntilMs, triedAtMs }: UpstreamMember, now: number): boolean =>
  healthy && (markedUntilMs === 0 || (now >= markedUntilMs && now - triedAtMs >= TRIAL_EVERY_MS));

const busy = (why: string): UpstreamFailure =>
  new UpstreamFailure('upstream-busy', `every server has its maxConnections, and the request ${why}`);
