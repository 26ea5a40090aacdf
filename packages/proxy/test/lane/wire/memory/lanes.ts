// Both lanes over memory sockets, before an upstream that records what it is asked and answers by the path, and before
// an app: what the full lane's target gets and what the wire lane writes to its upstream are brought to one form.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FilesConfig, PolicyConfig, RouteConfig, TargetConfig, UpstreamConfig } from '@tollgate/core';
import { Counters } from '../../../../src/counters.ts';
import { DownloadWatch } from '../../../../src/listen/downloadWatch.ts';
import { RouteTally } from '../../../../src/figures/route.ts';
import { Generation } from '../../../../src/generation.ts';
import type { Exchange } from '../../../../src/lane/full/exchange.ts';
import { targetFields } from '../../../../src/lane/full/forwardedView.ts';
import { FullLane } from '../../../../src/lane/full/full.ts';
import type { LaneContext } from '../../../../src/lane/lane.ts';
import { WireLane } from '../../../../src/lane/wire/wire.ts';
import { policyMeans } from '../../../../src/policy/means.ts';
import { trailerFields } from '../../../../src/policy/trailers.ts';
import { endpointOf } from '../../../../src/pool/endpoint.ts';
import type { Lenders } from '../../../../src/pool/pools.ts';
import { TimerWheel } from '../../../../src/pool/wheel.ts';
import type { UpstreamLink, UpstreamUser } from '../../../../src/pool/socket.ts';
import { compileRoute, compileTable } from '../../../../src/routing/table.ts';
import { appTarget } from '../../../../src/target/app.ts';
import { respondTarget } from '../../../../src/target/fixed.ts';
import { Directory } from '../../../../src/target/files/directory.ts';
import { filesOf } from '../../../../src/target/files/files.ts';
import type { FilesTarget, Target, UpstreamTarget } from '../../../../src/target/target.ts';
import { UpstreamGroup } from '../../../../src/upstream/group.ts';
import { ChallengeBoard } from '../../../../src/tls/challengeBoard.ts';
import { configOf, respond, route, upstream, type Wanted } from '../../../support/front.ts';
import { MemorySocket } from './socket.ts';

/** One request as an upstream sees it, in one form for both lanes. */
export interface Asked {
  readonly line: string;
  /** `name: value`, names in lower case, sorted; without what differs by time or by connection. */
  readonly fields: readonly string[];
  readonly body: string;
}

export interface Transcript {
  readonly output: string;
  readonly closed: boolean;
  readonly asked: readonly Asked[];
}

const FACTS = {
  scheme: 'http',
  protocol: 'h1',
  peer: { address: '192.0.2.1', port: 1 },
  local: { address: '192.0.2.2', port: 80 },
  tls: undefined,
} as const;

const UPSTREAM = upstream(['http://127.0.0.1:1'], { engine: 'wire' });
const BODY_LIMIT = 200;
const PAGE = '0123456789'.repeat(60);
const APP: TargetConfig = { kind: 'app', module: join(import.meta.dirname, 'answers.ts') };
/** With this a route is the full lane's, be it as a guest of the wire lane's connection. */
const EDITED: PolicyConfig = {
  headers: {
    request: { set: [['X-Edited', 'on its way']], remove: ['cookie'] },
    response: { set: [['X-Answer', 'edited']], add: [['Vary', 'Cookie']], remove: ['etag'] },
    security: true,
  },
};
/** With this it is the wire lane's own. */
const CHANGED: PolicyConfig = {
  headers: {
    request: { set: [], remove: [] },
    response: { set: [['X-Answer', 'changed']], add: [['Vary', 'Cookie']], remove: ['etag', 'via'] },
    security: true,
  },
};
const routesOf = (directory: string): RouteConfig[] => [
  route('/', UPSTREAM, BODY_LIMIT),
  route('/memory', respond('from memory\n'), BODY_LIMIT),
  route('/gone', respond('', 204), BODY_LIMIT),
  route(
    '/files/',
    {
      kind: 'files',
      files: { directory, index: ['index.html'], cacheControl: 'max-age=60', fallback: undefined },
    },
    BODY_LIMIT,
  ),
  route('/app/', APP, BODY_LIMIT),
  route('/app/edited', APP, BODY_LIMIT, EDITED),
  route('/edited/', UPSTREAM, BODY_LIMIT, EDITED),
  route('/changed/', UPSTREAM, BODY_LIMIT, CHANGED),
  route('/changed/memory', respond('from memory, changed\n'), BODY_LIMIT, CHANGED),
  route('/edited/memory', respond('from memory, edited\n'), BODY_LIMIT, EDITED),
];

/** `trusted`: the client's X-Forwarded fields are believed. */
export async function lanePair(
  trusted: boolean,
  stateDirectory: string,
): Promise<{ full: Subject; wire: Subject }> {
  const wanted: Wanted = {
    routes: routesOf(stateDirectory),
    trustedProxies: trusted ? ['192.0.2.1'] : [],
    limits: { headerBytes: 600, headerCount: 12, targetBytes: 100, requestsPerConnection: 5 },
  };
  const config = configOf(wanted, stateDirectory);
  const subject = async (kind: 'full' | 'wire'): Promise<Subject> => {
    const asked: Asked[] = [];
    const table = await compileTable(config.sites, async (site, one) =>
      compileRoute(site, one, await targetOf(one.target, asked), new RouteTally('*', one.path), MEANS),
    );
    const generation = new Generation(config, table, () => undefined);
    const context = contextOf(generation);
    const full = new FullLane(context);
    return new Subject(
      kind === 'full' ? full : new WireLane(context, full, memoryPools(asked), new TimerWheel()),
      asked,
    );
  };
  return { full: await subject('full'), wire: await subject('wire') };
}

/** A lane to which streams are fed, one connection each. */
export class Subject {
  readonly #lane: FullLane | WireLane;
  readonly #asked: Asked[];

  constructor(lane: FullLane | WireLane, asked: Asked[]) {
    this.#lane = lane;
    this.#asked = asked;
  }

  get active(): number {
    return this.#lane.active;
  }

  accept(socket: MemorySocket): void {
    this.#lane.accept(socket, FACTS);
  }

  drain(): void {
    this.#lane.drain();
  }

  /** Feeds the pieces one after another, and gives what came of them when nothing moves any more. */
  async run(pieces: readonly string[]): Promise<Transcript> {
    this.#asked.length = 0;
    const socket = new MemorySocket();
    socket.on('error', () => undefined);
    this.accept(socket);
    const readsFiles = pieces.join('').includes('/files');
    for (const piece of pieces) {
      socket.feed(piece);
      await settled(readsFiles);
    }
    await settled(readsFiles);
    const transcript = { output: timeless(socket.output), closed: socket.over, asked: [...this.#asked] };
    socket.destroy();
    await settled(false);
    return transcript;
  }
}

/** Node's server and streams need a few turns of the loop for a request, after the disk's answer if they ask it. */
async function settled(readsFiles: boolean): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (readsFiles && process.getActiveResourcesInfo().some(isOfDisk)) turn = -1;
  }
}

const isOfDisk = (kind: string): boolean => kind.startsWith('FSReq');

const timeless = (output: string): string => output.replaceAll(/\r\ndate: [^\r]*/gi, '');

const NO_LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };
const MEANS = policyMeans(new Counters(), NO_LOG);

const contextOf = (generation: Generation): LaneContext => ({
  current: () => generation,
  httpsPort: undefined,
  challenges: new ChallengeBoard(),
  downloads: new DownloadWatch(new Set(), new Counters()),
  nextId: () => 'id',
  counters: new Counters(),
  requestLog: {
    enabled: false,
    counters: { written: 0, dropped: 0, shed: 0, failedWrites: 0 },
    configure: () => undefined,
    write: () => undefined,
  },
  eventLog: NO_LOG,
});

/** It keeps nothing between requests, and starting it takes longer than a thousand streams. */
let app: Promise<Target> | undefined;

async function targetOf(config: TargetConfig, asked: Asked[]): Promise<Target> {
  if (config.kind === 'app') return (app ??= appTarget(config.module, NO_LOG));
  if (config.kind === 'files') return (warm ??= warmFiles(config.files));
  if (config.kind === 'respond') return respondTarget(config);
  if (config.kind === 'upstream') return recordingTarget(config.upstream, asked);
  throw new Error(`expected app, respond or upstream, got ${config.kind}`);
}

let warm: Promise<FilesTarget> | undefined;

/** In memory for good: the lanes are not compared in how long they wait for a disk. */
async function warmFiles(config: FilesConfig): Promise<FilesTarget> {
  writeFileSync(join(config.directory, 'index.html'), PAGE);
  const directory = new Directory(config, NO_LOG, () => 0);
  await directory.compressed;
  for (const acceptEncoding of [
    undefined,
    'gzip',
    'br;q=0.5, zstd',
    'gzip, br;q=0.5, zstd',
    'br;q=0.5, zstd, gzip',
  ]) {
    for (const path of ['/files/', '/files/index.html']) {
      const asked = { path, query: undefined };
      const conditions = undefined;
      await directory.reply({ method: 'GET', path, routePath: '/files/', asked, acceptEncoding, conditions });
    }
  }
  return filesOf(directory);
}

const nothing = (): void => undefined;

function recordingTarget(config: UpstreamConfig, asked: Asked[]): UpstreamTarget {
  const group = new UpstreamGroup(
    config,
    (server) => endpointOf(server, config, { upstreamConnectMs: 1000 }),
    { failed: nothing, marked: nothing, back: nothing, unhealthy: nothing, healthy: nothing },
  );
  return {
    kind: 'upstream',
    group,
    readsBody: true,
    upgrades: false,
    serve: (exchange) => record(exchange, asked),
    upgrade: (exchange) => exchange.fail('internal'),
    close: () => Promise.resolve(),
  };
}

function record(exchange: Exchange, asked: Asked[]): void {
  const { request, response, head } = exchange;
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
  request.on('end', () => {
    if (!request.complete || exchange.over || exchange.failure !== undefined) return;
    const fields = targetFields(exchange);
    for (const [name, value] of trailerFields(request.rawTrailers)) fields.push(`trailer ${name}`, value);
    asked.push(askedOf(`${head?.method} ${head?.target} HTTP/1.1`, fields, body));
    const answer = answerTo(head?.target ?? '');
    response.writeHead(200, [
      'Content-Type',
      'text/plain',
      'Content-Length',
      String(answer.length),
      'Via',
      '1.1 tollgate',
    ]);
    response.end(answer);
  });
}

const answerTo = (target: string): string => `answer to ${target}`;

function askedOf(line: string, fields: readonly string[], body: string): Asked {
  const lines: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = (fields[at] ?? '').toLowerCase();
    if (name !== 'x-request-start') lines.push(`${name}: ${(fields[at + 1] ?? '').trim()}`);
  }
  return { line, fields: lines.sort(), body };
}

/** In place of sockets: reads what the wire lane writes by the plainest parser there is. */
function memoryPools(asked: Asked[]): Lenders {
  const lend = (user: UpstreamUser): UpstreamLink => new MemoryLink(user, asked);
  return { of: () => ({ borrow: lend, borrowNew: lend }), close: () => undefined };
}

class MemoryLink implements UpstreamLink {
  readonly rested = false;
  readonly connected = true;
  answered = false;
  #written = '';
  #user: UpstreamUser | undefined;
  readonly #asked: Asked[];

  constructor(user: UpstreamUser, asked: Asked[]) {
    this.#user = user;
    this.#asked = asked;
  }

  write(chunk: string | Buffer): boolean {
    this.#written += typeof chunk === 'string' ? chunk : chunk.toString('latin1');
    const request = parse(this.#written);
    if (request !== undefined) queueMicrotask(() => this.#answer(request));
    return true;
  }

  #answer(request: Asked): void {
    const user = this.#user;
    if (user === undefined) return;
    this.#asked.push(request);
    this.answered = true;
    const body = answerTo(request.line.split(' ')[1] ?? '');
    const bytes = Buffer.from(
      `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      'latin1',
    );
    user.upstreamData(bytes, bytes.length);
  }

  pause(): void {
    return undefined;
  }

  resume(): void {
    return undefined;
  }

  release(): void {
    this.#user = undefined;
  }

  destroy(): void {
    this.#user = undefined;
  }
}

/** `undefined` until the request is whole; throws for one that is not well-formed: the lane must not have written it. */
function parse(text: string): Asked | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  const fields = lines.flatMap(split);
  const valueOf = (wanted: string): string | undefined =>
    lines.map(split).find(([name]) => name?.toLowerCase() === wanted)?.[1];
  const rest = text.slice(end + 4);
  if (valueOf('transfer-encoding') === 'chunked') return parseChunked(line, fields, rest);
  const length = Number(valueOf('content-length') ?? 0);
  if (rest.length > length) throw new Error(`more than a body: ${JSON.stringify(text)}`);
  return rest.length < length ? undefined : askedOf(line, fields, rest);
}

function parseChunked(line: string, fields: readonly string[], rest: string): Asked | undefined {
  let body = '';
  let at = 0;
  for (;;) {
    const size = /^([0-9a-fA-F]+)\r\n/.exec(rest.slice(at));
    if (size === null) {
      if (rest.indexOf('\r\n', at) >= 0) throw new Error(`bad chunk: ${JSON.stringify(rest.slice(at))}`);
      return undefined;
    }
    const bytes = Number.parseInt(size[1] ?? '', 16);
    at += size[0].length;
    if (bytes === 0) return parseTrailers(line, fields, body, rest.slice(at));
    if (rest.length < at + bytes + 2) return undefined;
    body += rest.slice(at, at + bytes);
    at += bytes + 2;
  }
}

function parseTrailers(
  line: string,
  fields: readonly string[],
  body: string,
  rest: string,
): Asked | undefined {
  if (!rest.endsWith('\r\n\r\n') && rest !== '\r\n') return undefined;
  const trailers = rest
    .split('\r\n')
    .filter((one) => one !== '')
    .flatMap((one) => {
      const [name = '', value = ''] = split(one);
      return [`trailer ${name}`, value];
    });
  return askedOf(line, [...fields, ...trailers], body);
}

const split = (line: string): string[] => {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
};
