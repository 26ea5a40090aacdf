// The front tier of one process: sockets in, answers out. A reload builds everything new, then swaps.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  createRequestIds,
  TLS_SETTINGS,
  type AcmeChallenge,
  type Config,
  type Listener,
} from '@tollgate/core';
import type { Purge } from './cache/caches.ts';
import { isPeerGone, plainConnection, tlsConnection } from './connection.ts';
import { Counters } from './counters.ts';
import type { RouteFigures } from './figures/route.ts';
import { RouteTallies } from './figures/tallies.ts';
import { compileGeneration, type Generation } from './generation.ts';
import type { LaneContext } from './lane/lane.ts';
import { Lanes } from './lane/lanes.ts';
import type { BoundAddress } from './listen/bind.ts';
import { Connections } from './listen/connections.ts';
import { ProxiedSockets } from './listen/proxyProtocol/sockets.ts';
import { Listeners } from './listen/listeners.ts';
import type { EventLog, RequestLog } from './logs.ts';
import { policyMeans, type PolicyMeans } from './policy/means.ts';
import type { FrontStatus } from './status.ts';
import { TargetStore } from './target/store.ts';
import { loadCertificates, renewCertificates, type Certificates } from './tls/certificates.ts';
import { ChallengeBoard } from './tls/challengeBoard.ts';
import { TlsTerminator } from './tls/terminator.ts';
import type { UpstreamGroup } from './upstream/group.ts';
import type { Lookup } from './upstream/resolution.ts';

export interface FrontOptions {
  readonly config: Config;
  readonly requestLog: RequestLog;
  readonly eventLog: EventLog;
  /** Descriptors from systemd by name (LISTEN_FDNAMES). */
  readonly inherited: ReadonlyMap<string, number>;
  /** Several workers listen on the same ports. */
  readonly reusePort: boolean;
  /** 48 bytes shared by all workers; without them this front makes its own. */
  readonly ticketKeys?: Buffer;
  /** Of `config.redis`, in place of the one in its file. */
  readonly redisPassword?: string | undefined;
  /** In place of the system's, for the names of upstream servers. */
  readonly lookup?: Lookup;
}

export interface Front {
  /** Starts apps, loads certificates, then binds. Rejects with what to do; nothing is left open then. */
  listen(): Promise<readonly BoundAddress[]>;
  /** Builds everything of the new configuration, then swaps. Rejects, and changes nothing, if any of it fails. */
  reload(config: Config): Promise<void>;
  /**
   * Takes certificates and keys as their files are now. Resolves with what cannot be used, a sentence each: those sites
   * keep the certificate they have. Rejects when it does not serve.
   */
  loadCertificates(): Promise<readonly string[]>;
  /** 48 bytes. Tickets under the former keys lead to a full handshake. */
  setTicketKeys(keys: Buffer): void;
  /** What a certificate authority may ask from now on: the whole set, in place of the last. */
  setChallenges(challenges: readonly AcmeChallenge[]): Promise<void>;
  /**
   * Accepts nothing more, lets what is under way end, tells HTTP/2 clients (GOAWAY) and WebSockets (1001) to leave;
   * what is left after `timeouts.drainMs` is cut. Resolves when no connection is open. Idempotent. Waits for no start or
   * reload: those reject.
   */
  drain(): Promise<void>;
  /** Cuts everything now and closes all targets. Idempotent. Waits for no start or reload: those reject. */
  close(): Promise<void>;
  /** Forgets what its caches keep; the count of answers. */
  purge(purge: Purge): number;
  status(): FrontStatus;
  /** What each route has answered, and first what none did. */
  routeFigures(): readonly RouteFigures[];
}

export function createFront(options: FrontOptions): Front {
  return new RunningFront(options);
}

const TICKET_KEY_BYTES = 48;

/** What serves: made by `listen`, changed by `reload`. */
interface Serving {
  readonly lane: Lanes;
  generation: Generation;
  certificates: Certificates;
  terminator: TlsTerminator;
}

class RunningFront implements Front {
  readonly #options: FrontOptions;
  readonly #counters = new Counters();
  readonly #tallies = new RouteTallies();
  readonly #targets: TargetStore;
  readonly #means: PolicyMeans;
  readonly #connections: Connections;
  readonly #listeners: Listeners;
  readonly #proxied: ProxiedSockets;
  readonly #challenges = new ChallengeBoard();
  #ticketKeys: Buffer;
  /** Of the first https listener: asked by every plain request. */
  #httpsPort: number | undefined;
  #serving: Serving | undefined;
  #state: FrontStatus['state'] = 'new';
  #generations = 0;
  /** One change at a time: a second reload waits for the first. */
  #changing: Promise<unknown> = Promise.resolve();
  #drained: Promise<void> | undefined;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#targets = new TargetStore(options.eventLog, options.lookup);
    this.#means = policyMeans(this.#counters, options.eventLog, options.redisPassword);
    this.#connections = new Connections(this.#counters, options.config);
    this.#proxied = new ProxiedSockets(this.#connections, this.#counters);
    this.#listeners = new Listeners(options, (socket, listener) => this.#accept(socket, listener));
    this.#ticketKeys = options.ticketKeys ?? randomBytes(TICKET_KEY_BYTES);
  }

  listen(): Promise<readonly BoundAddress[]> {
    return this.#oneAtATime(async () => {
      if (this.#state !== 'new')
        throw new Error(`listen: expected a new front, got one that is ${this.#state}`);
      const { config } = this.#options;
      const built = await this.#build(config);
      this.#serving = { lane: new Lanes(this.#context(() => built.generation)), ...built };
      this.#generations = 1;
      this.#means.load.configure(config.sheddingDelayMs);
      this.#connections.configure(config);
      await this.#bind(config);
      this.#notePort();
      return this.#listeners.bound;
    });
  }

  reload(config: Config): Promise<void> {
    return this.#oneAtATime(async () => {
      const serving = this.#nowServing('reload');
      const built = await this.#build(config);
      try {
        await this.#listeners.change(config.listen, () => this.#swap(serving, built));
      } catch (error) {
        built.generation.release();
        throw error;
      }
      this.#notePort();
    });
  }

  loadCertificates(): Promise<readonly string[]> {
    return this.#oneAtATime(async () => {
      const serving = this.#nowServing('certificates');
      const { config } = serving.generation;
      const { certificates, failures } = await renewCertificates(serving.certificates, config, TLS_SETTINGS);
      serving.certificates = certificates;
      serving.terminator = this.#terminator(certificates, config);
      return failures;
    });
  }

  setTicketKeys(keys: Buffer): void {
    this.#ticketKeys = keys;
    this.#serving?.terminator.setTicketKeys(keys);
  }

  setChallenges(challenges: readonly AcmeChallenge[]): Promise<void> {
    return this.#oneAtATime(async () => {
      const before = this.#challenges.asksByTls;
      this.#challenges.put(challenges);
      const serving = this.#serving;
      if (serving === undefined || (!before && !this.#challenges.asksByTls)) return;
      serving.terminator = this.#terminator(serving.certificates, serving.generation.config);
    });
  }

  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#listeners.close();
    this.#cut();
    // Whoever flushes the logs next wants the records of what was cut.
    await this.#connections.empty();
    await this.#end();
  }

  purge(purge: Purge): number {
    return this.#means.caches.purge(purge);
  }

  status(): FrontStatus {
    const counters = this.#counters;
    return {
      state: this.#state,
      generation: this.#generations,
      listening: this.#listeners.bound,
      connections: this.#connections.size,
      accepted: counters.accepted,
      overLimit: counters.overLimit,
      tlsHandshakes: counters.tlsHandshakes,
      tlsResumed: counters.tlsResumed,
      tlsFailures: counters.tlsFailures,
      requests: counters.requests,
      activeRequests: counters.activeRequests,
      tunnels: counters.tunnels,
      h2ResetFloods: counters.h2ResetFloods,
      certificates: this.#serving?.certificates.ends ?? [],
      refusals: counters.refusals(),
      drops: counters.drops(),
      upstreams: this.#groups.flatMap((group) => group.status()),
      upstreamTotals: this.#groups.map((group) => group.totals()),
      compression: structuredClone(counters.coded),
      caches: this.#means.caches.status(),
      redis: this.#means.redisLinks.status(),
      requestLog: this.#options.requestLog.counters,
    };
  }

  get #groups(): readonly UpstreamGroup[] {
    return this.#targets.targets.flatMap((target) => (target.kind === 'upstream' ? [target.group] : []));
  }

  routeFigures(): readonly RouteFigures[] {
    const sites = this.#serving?.generation.config.sites ?? [];
    return [this.#counters.unrouted.figures(), ...this.#tallies.figures(sites)];
  }

  #nowServing(what: string): Serving {
    if (this.#serving !== undefined && this.#state === 'serving') return this.#serving;
    throw new Error(`${what}: expected a front that is serving, got one that is ${this.#state}`);
  }

  /** Everything of a configuration that can fail before a socket is bound. */
  async #build(config: Config): Promise<Omit<Serving, 'lane'>> {
    const certificates = await loadCertificates(config, TLS_SETTINGS);
    const terminator = this.#terminator(certificates, config);
    return {
      generation: await compileGeneration(config, this.#targets, this.#tallies, this.#means),
      certificates,
      terminator,
    };
  }

  #terminator(certificates: Certificates, config: Config): TlsTerminator {
    return new TlsTerminator({
      certificates,
      challenges: this.#challenges.asksByTls ? this.#challenges : undefined,
      settings: TLS_SETTINGS,
      handshakeMs: config.timeouts.tlsHandshakeMs,
      ticketKeys: this.#ticketKeys,
      counters: this.#counters,
      onSecure: (socket) => this.#secured(socket),
    });
  }

  async #bind(config: Config): Promise<void> {
    try {
      await this.#listeners.change(config.listen, () => {
        this.#state = 'serving';
      });
    } catch (error) {
      this.#cut();
      await this.#end();
      throw error;
    }
  }

  #swap(serving: Serving, { generation, certificates, terminator }: Omit<Serving, 'lane'>): void {
    const former = serving.generation;
    serving.generation = generation;
    serving.certificates = certificates;
    serving.terminator = terminator;
    terminator.setTicketKeys(this.#ticketKeys);
    serving.lane.configure(generation);
    this.#connections.configure(generation.config);
    this.#means.load.configure(generation.config.sheddingDelayMs);
    this.#tallies.keepOnly(generation.config.sites);
    this.#generations += 1;
    former.release();
  }

  #context(first: () => Generation): LaneContext {
    const httpsPort = (): number | undefined => this.#httpsPort;
    return {
      current: () => this.#serving?.generation ?? first(),
      get httpsPort() {
        return httpsPort();
      },
      challenges: this.#challenges,
      downloads: this.#connections.downloads,
      nextId: createRequestIds(),
      counters: this.#counters,
      requestLog: this.#options.requestLog,
      eventLog: this.#options.eventLog,
    };
  }

  #notePort(): void {
    this.#httpsPort = this.#listeners.bound.find(({ scheme }) => scheme === 'https')?.port;
  }

  #accept(socket: Socket, { scheme }: Listener): void {
    const serving = this.#serving;
    if (serving === undefined || !this.#connections.admit(socket)) return;
    if (this.#proxied.awaitsHeader(socket, serving.generation)) {
      this.#proxied.receive(socket, serving.generation, (rest) => this.#take(socket, scheme, rest));
    } else this.#take(socket, scheme);
  }

  /** `rest`: read from it already. */
  #take(socket: Socket, scheme: 'http' | 'https', rest?: Buffer): void {
    const serving = this.#serving;
    if (serving === undefined) socket.destroy();
    else if (scheme === 'http')
      serving.lane.accept(socket, plainConnection(socket, this.#proxied.of(socket)), rest);
    else {
      if (rest !== undefined && rest.length > 0) socket.unshift(rest);
      serving.terminator.secure(socket);
    }
  }

  #secured(socket: TLSSocket): void {
    const serving = this.#serving;
    const ends = serving === undefined ? 'unknown' : this.#proxied.ofSecured(socket, serving.generation);
    if (ends === 'unknown') socket.destroy();
    else if (isPeerGone(socket)) {
      this.#counters.dropped('peer-gone');
      socket.destroy();
    } else serving?.lane.accept(socket, tlsConnection(socket, ends));
  }

  async #drain(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'draining';
    this.#listeners.close();
    this.#serving?.lane.drain();
    await withinMs(this.#connections.empty(), this.#serving?.generation.config.timeouts.drainMs ?? 0);
    this.#cut();
    await this.#connections.empty();
  }

  #cut(): void {
    this.#serving?.lane.destroy();
    this.#connections.destroyAll();
  }

  /** Lets go of the last generation: its targets close. */
  async #end(): Promise<void> {
    const serving = this.#serving;
    this.#serving = undefined;
    this.#means.load.stop();
    this.#connections.downloads.stop();
    serving?.generation.release();
    await this.#targets.closed();
  }

  #oneAtATime<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#changing.then(change, change);
    this.#changing = turn.catch(() => undefined);
    return turn;
  }
}

async function withinMs(done: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}
