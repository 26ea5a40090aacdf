// Several workers on the same ports (SO_REUSEPORT: the kernel spreads connections, no handle is passed), steered as one service.
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcmeChallenge, Config, RequestLogMode } from '@tollgate/core';
import type { EventLog } from '@tollgate/log';
import type { BoundAddress, Purge } from '@tollgate/proxy';
import type { ProcessFigures, ServiceFigures } from '../figures/figures.ts';
import { Ledger } from '../figures/ledger.ts';
import type { ProcessStatus, Service } from '../service.ts';
import { BackOff } from './back-off.ts';
import { Health } from './health.ts';
import { Member, type Done } from './member.ts';
import type { Order } from './orders.ts';
import { ChosenPorts } from './ports.ts';

export interface CrewOptions {
  readonly config: Config;
  /** 2 or more. */
  readonly size: number;
  readonly log: Pick<EventLog, 'info' | 'error'>;
  readonly inherited: ReadonlyMap<string, number>;
  readonly ticketKeys: Buffer;
  /** In place of `START_LIMIT_MS`. */
  readonly startLimitMs?: number;
}

/** A worker's place, which outlives the workers that fill it. */
interface Place {
  readonly number: number;
  readonly backOff: BackOff;
  member: Member | undefined;
  /** Serving: it answered its start order. */
  serving: boolean;
  startedMs: number;
  restarts: number;
  waiting: NodeJS.Timeout | undefined;
}

const REPORT_MS = 2000;
const END_MS = 3000;
/** More than one app may take (proxy/src/target/app.ts): a worker that has not begun to serve by then hangs. */
const START_LIMIT_MS = 180_000;
const NO_CHALLENGES: readonly AcmeChallenge[] = [];

export class Crew implements Service {
  readonly #options: CrewOptions;
  readonly #places: readonly Place[];
  #config: Config;
  readonly #ports = new ChosenPorts();
  readonly #ledger = new Ledger();
  #ticketKeys: Buffer;
  #challenges = NO_CHALLENGES;
  #closed = false;
  /** The dead are replaced only while the service is wanted. */
  #replacing = false;
  #health: Health | undefined;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#ticketKeys = options.ticketKeys;
    this.#places = Array.from({ length: options.size }, (_, index) => emptyPlace(index + 1));
  }

  async start(): Promise<readonly BoundAddress[]> {
    refuseUnixSockets(this.#config);
    const [first, ...others] = this.#places;
    if (first === undefined) throw new Error(`workers: expected 1 or more, got ${this.#options.size}`);
    this.#config = await this.#ports.pin(this.#config);
    try {
      // One goes first: it makes a self-signed certificate for all, and its mistake is told once.
      const bound = await this.#fill(first);
      await Promise.all(others.map((place) => this.#fill(place)));
      this.#replaceFromNowOn();
      return bound;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** One worker tries it first; only what it accepted reaches the others. */
  async reload(next: Config): Promise<void> {
    refuseUnixSockets(next);
    const config = await this.#ports.pin(next);
    const [scout] = this.#serving();
    await scout?.ask({ kind: 'reload', config });
    this.#config = config;
    await Promise.all(this.#othersThan(scout).map((member) => this.#reloadOrReplace(member, config)));
  }

  async loadCertificates(): Promise<readonly string[]> {
    // A worker that is starting may have read the former files: it catches up.
    this.#config = { ...this.#config };
    const told = await Promise.all(this.#serving().map((member) => this.#certificatesOf(member)));
    return [...new Set(told.flat())];
  }

  async reopen(): Promise<void> {
    await Promise.all(this.#serving().map((member) => member.ask({ kind: 'reopen' })));
  }

  async setTicketKeys(keys: Buffer): Promise<void> {
    this.#ticketKeys = keys;
    await Promise.all(this.#serving().map((member) => member.ask({ kind: 'ticket-keys', keys })));
  }

  async setChallenges(challenges: readonly AcmeChallenge[]): Promise<void> {
    this.#challenges = challenges;
    await Promise.all(
      this.#serving().map((member) => this.#askOrForget(member, { kind: 'challenges', challenges })),
    );
  }

  async drain(): Promise<void> {
    this.#stopReplacing();
    // Who still starts must not begin to serve. A worker that dies while it drains has no connections left to wait for.
    await Promise.allSettled(this.#members().map((member) => member.ask({ kind: 'drain' })));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopReplacing();
    await Promise.all(this.#members().map((member) => member.end(END_MS)));
  }

  status(): Promise<readonly ProcessStatus[]> {
    return Promise.all(this.#places.map((place) => statusOf(place)));
  }

  async figures(): Promise<ServiceFigures> {
    const processes = await Promise.all(this.#places.map((place) => this.#figuresOf(place)));
    return { totals: this.#ledger.sum(), processes };
  }

  /** The first tries it; what it cannot open the others cannot either. */
  async setRequestLogMode(mode: RequestLogMode): Promise<void> {
    const [scout] = this.#serving();
    await scout?.ask({ kind: 'request-log-mode', mode });
    // Whoever is started from now on begins with it.
    this.#config = { ...this.#config, requestLog: { ...this.#config.requestLog, mode } };
    const others = this.#othersThan(scout);
    await Promise.all(others.map((member) => member.ask({ kind: 'request-log-mode', mode })));
  }

  async purge(purge: Purge): Promise<number> {
    const done = await Promise.all(this.#serving().map((member) => member.ask({ kind: 'purge', purge })));
    return done.reduce((sum, { purged }) => sum + (purged ?? 0), 0);
  }

  async sampleLayers(on: boolean): Promise<void> {
    await Promise.all(this.#serving().map((member) => member.ask({ kind: 'sample-layers', on })));
  }

  async #figuresOf(place: Place): Promise<ServiceFigures['processes'][number]> {
    const { number, member, serving, restarts } = place;
    const figures = member !== undefined && serving ? await figuresOf(member) : undefined;
    // It may have died, and its successor begun, while we waited.
    if (figures !== undefined && place.member === member) this.#ledger.take(number, figures.totals);
    return { worker: number, pid: member?.pid ?? 0, restarts, figures };
  }

  #members(): Member[] {
    return this.#places.flatMap(({ member }) => member ?? []);
  }

  #serving(): Member[] {
    return this.#places.flatMap(({ member, serving }) => (member !== undefined && serving ? [member] : []));
  }

  /** Asked for after the scout has answered: somebody may have begun to serve meanwhile. */
  #othersThan(scout: Member | undefined): Member[] {
    return this.#serving().filter((member) => member !== scout);
  }

  #replaceFromNowOn(): void {
    this.#replacing = true;
    this.#health = new Health(
      () => this.#serving(),
      (member) => {
        this.#options.log.error({ pid: member.pid }, 'worker hangs, killing it');
        member.kill();
      },
    );
    // Whoever died before the last of them served.
    for (const place of this.#places) if (place.member === undefined) void this.#replace(place);
  }

  #stopReplacing(): void {
    this.#replacing = false;
    this.#health?.close();
    for (const place of this.#places) clearTimeout(place.waiting);
  }

  async #fill(place: Place): Promise<readonly BoundAddress[]> {
    if (this.#closed) throw new Error('the workers were told to end');
    const member = new Member({
      sockets: [...this.#options.inherited.values()],
      onExit: (why) => this.#lost(place, why),
    });
    place.member = member;
    place.startedMs = performance.now();
    const limit = this.#limitStart(place.number, member);
    try {
      return await this.#start(place, member);
    } finally {
      clearTimeout(limit);
    }
  }

  /** Health asks only those that serve: one that never comes to it would leave its place empty for ever. */
  #limitStart(worker: number, member: Member): NodeJS.Timeout {
    const limitMs = this.#options.startLimitMs ?? START_LIMIT_MS;
    return setTimeout(() => {
      this.#options.log.error({ worker, pid: member.pid, limitMs }, 'worker hangs in its start, killing it');
      member.kill();
    }, limitMs);
  }

  /** It serves when it was told everything that the others were told while it started. */
  async #start(place: Place, member: Member): Promise<readonly BoundAddress[]> {
    let [config, keys, challenges] = [this.#config, this.#ticketKeys, NO_CHALLENGES];
    const sockets = [...this.#options.inherited.keys()];
    const order = { kind: 'start', config, sockets, ticketKeys: keys, worker: place.number } as const;
    const { bound } = await member.ask(order);
    while (config !== this.#config || keys !== this.#ticketKeys || challenges !== this.#challenges) {
      const changed = config !== this.#config;
      [config, keys, challenges] = [this.#config, this.#ticketKeys, this.#challenges];
      if (changed) await member.ask({ kind: 'reload', config });
      await member.ask({ kind: 'ticket-keys', keys });
      await member.ask({ kind: 'challenges', challenges });
    }
    // At once after the last look: an order that came between would pass it by. It may have died on its last answer.
    place.serving = place.member === member;
    return bound ?? [];
  }

  async #certificatesOf(member: Member): Promise<readonly string[]> {
    const done = await this.#askOrForget(member, { kind: 'certificates' });
    return done?.unusable ?? [];
  }

  /** Of one that died meanwhile nobody can ask anything; who takes its place catches up. */
  async #askOrForget(member: Member, order: Order): Promise<Done | undefined> {
    try {
      return await member.ask(order);
    } catch (error) {
      if (this.#serving().includes(member)) throw error;
      return undefined;
    }
  }

  async #reloadOrReplace(member: Member, config: Config): Promise<void> {
    try {
      await member.ask({ kind: 'reload', config });
    } catch (error) {
      this.#options.log.error({ err: error, pid: member.pid }, 'worker cannot follow a reload, replacing it');
      await member.end(END_MS);
    }
  }

  #lost(place: Place, why: string): void {
    const pid = place.member?.pid;
    place.member = undefined;
    place.serving = false;
    this.#ledger.close(place.number);
    if (!this.#replacing) return;
    const delayMs = place.backOff.afterDeath(performance.now() - place.startedMs);
    place.restarts += 1;
    this.#options.log.error({ worker: place.number, pid, why, delayMs }, 'worker died, replacing it');
    place.waiting = setTimeout(() => void this.#replace(place), delayMs);
  }

  async #replace(place: Place): Promise<void> {
    try {
      await this.#fill(place);
      this.#options.log.info({ worker: place.number, pid: place.member?.pid }, 'worker serves again');
    } catch (error) {
      if (!this.#replacing) return;
      this.#options.log.error({ worker: place.number, err: error }, 'worker cannot start');
      // Its end is a death like any other, and the next try waits longer.
      await place.member?.end(END_MS);
    }
  }
}

function emptyPlace(number: number): Place {
  return {
    number,
    backOff: new BackOff(),
    member: undefined,
    serving: false,
    startedMs: 0,
    restarts: 0,
    waiting: undefined,
  };
}

async function statusOf({ number, member, serving, restarts }: Place): Promise<ProcessStatus> {
  const answer = member !== undefined && serving ? await askSoon(member, 'report') : undefined;
  return { worker: number, pid: member?.pid ?? 0, report: answer?.report, restarts };
}

async function figuresOf(member: Member): Promise<ProcessFigures | undefined> {
  return (await askSoon(member, 'figures'))?.figures;
}

/** `undefined`: it is too busy to answer, or it died. */
async function askSoon(member: Member, kind: 'report' | 'figures'): Promise<Done | undefined> {
  const late = sleep(REPORT_MS, undefined, { ref: false });
  return Promise.race([member.ask({ kind }), late]).catch(() => undefined);
}

/** A unix path has one owner: a second worker would take it from the first. */
function refuseUnixSockets(config: Config): void {
  const unix = config.listen.find(({ address }) => address.kind === 'unix');
  if (unix?.address.kind !== 'unix') return;
  throw new Error(
    `listen.${unix.scheme}: several workers cannot share the unix socket ${unix.address.path}; set workers: 1, or let systemd open the socket`,
  );
}
