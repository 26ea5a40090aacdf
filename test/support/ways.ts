// Every way of serving one app, as a table: the conformance suite runs over its rows.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '@tollgate/core';
import type { Config, Engine } from '@tollgate/core';
import type { RequestRecord } from '@tollgate/log';
import { createFront, type Front } from '@tollgate/proxy';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe } from 'vitest';
import { recordRequests } from '../../packages/backend/src/listen/request-log.ts';
import { selfSignedCertificate } from '../../packages/backend/src/listen/self-signed.ts';
import probe from './probe/app.ts';

export type Hop = 'tcp' | 'unix';

export type Way =
  | { readonly name: string; readonly kind: 'direct' }
  | { readonly name: string; readonly kind: 'in-process' }
  | { readonly name: string; readonly kind: 'hop'; readonly hop: Hop; readonly engine: Engine };

export const DIRECT: Way = { name: 'direct', kind: 'direct' };

export const WAYS: readonly Way[] = [
  DIRECT,
  { name: 'in-process', kind: 'in-process' },
  { name: 'TCP hop by http-proxy', kind: 'hop', hop: 'tcp', engine: 'http-proxy' },
  { name: 'unix hop by http-proxy', kind: 'hop', hop: 'unix', engine: 'http-proxy' },
  { name: 'TCP hop by wire', kind: 'hop', hop: 'tcp', engine: 'wire' },
  { name: 'unix hop by wire', kind: 'hop', hop: 'unix', engine: 'wire' },
];

export const FRONT_WAYS: readonly Way[] = WAYS.filter(({ kind }) => kind !== 'direct');

export type Protocol = 'h1' | 'h2';

/** The host that every client asks for. */
export const HOST = 'app.test';

export interface Running {
  readonly way: Way;
  /** `undefined` without one. */
  readonly front: Front | undefined;
  readonly httpsPort: number;
  /** Of the listener that redirects; 0 without a front. */
  readonly httpPort: number;
  readonly records: RequestRecord[];
  /** Arguments of each call to the front's event log. */
  readonly events: unknown[][];
  /** Answers of the front in place of a target, by error code. */
  refusals(): Readonly<Record<string, number>>;
  /** The upstream as configured; `undefined` without a hop. */
  readonly upstream: string | undefined;
  close(): Promise<void>;
}

/** One suite per way, and in it one per protocol; the way is started once for both. */
export function onEveryWay(
  ways: readonly Way[],
  suite: (running: () => Running, protocol: Protocol) => void,
  protocols: readonly Protocol[] = ['h1', 'h2'],
): void {
  describe.each(ways)('$name', (way) => {
    const running = startedForSuite(way);
    describe.each(protocols)('%s', (protocol) => {
      suite(running, protocol);
    });
  });
}

export function startedForSuite(way: Way): () => Running {
  let running: Running | undefined;
  beforeAll(async () => {
    running = await startWay(way);
  });
  afterAll(async () => running?.close());
  return () => {
    if (running === undefined) throw new Error(`${way.name}: expected a running way, got none`);
    return running;
  };
}

export function startWay(way: Way): Promise<Running> {
  if (way.kind === 'direct') return startDirect(way);
  return way.kind === 'in-process' ? startInProcess(way) : startHop(way, way);
}

async function startDirect(way: Way): Promise<Running> {
  const records: RequestRecord[] = [];
  const tls = await selfSignedCertificate();
  const secured = fastify({ http2: true, https: { ...tls, allowHTTP1: true } });
  // The framework types an HTTP/2 instance apart; nothing here differs.
  const app = secured as unknown as FastifyInstance;
  recordRequests(app, memoryLog(records), 'none');
  await app.register(probe, { front: 'none' });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    way,
    front: undefined,
    httpsPort: Number(new URL(url).port),
    httpPort: 0,
    records,
    events: [],
    refusals: () => ({}),
    upstream: undefined,
    close: () => app.close(),
  };
}

function startInProcess(way: Way): Promise<Running> {
  const module = join(import.meta.dirname, 'probe/app.ts');
  return startFront(way, [{ path: '/', app: module }], undefined, () => Promise.resolve());
}

async function startHop(way: Way, { hop, engine }: { hop: Hop; engine: Engine }): Promise<Running> {
  const scratch = mkdtempSync(join(tmpdir(), 'tollgate-hop-'));
  const app = fastify({ keepAliveTimeout: 90_000 });
  await app.register(probe, { front: 'local' });
  const path = join(scratch, 'app.sock');
  const url = await app.listen(hop === 'unix' ? { path } : { host: '127.0.0.1', port: 0 });
  const server = hop === 'unix' ? `unix:${path}` : url;
  const routes = [{ path: '/', upstream: { servers: [server], engine } }];
  return startFront(way, routes, server, async () => {
    await app.close();
    rmSync(scratch, { recursive: true });
  });
}

/** A front with routes of the test's own, and keys of their site and of the whole, as the configuration has them. */
export function startRoutes(
  routes: readonly object[],
  site: object = {},
  root: object = {},
): Promise<Running> {
  const way: Way = { name: 'routes', kind: 'in-process' };
  return startFront(way, routes, undefined, () => Promise.resolve(), site, root);
}

async function startFront(
  way: Way,
  routes: readonly object[],
  upstream: string | undefined,
  closeApp: () => Promise<void>,
  site: object = {},
  root: object = {},
): Promise<Running> {
  const scratch = mkdtempSync(join(tmpdir(), 'tollgate-front-'));
  const records: RequestRecord[] = [];
  const events: unknown[][] = [];
  const note = (...event: unknown[]): void => void events.push(event);
  const front = createFront({
    config: configOf(scratch, routes, site, root),
    requestLog: memoryLog(records),
    eventLog: { info: note, warn: note, error: note },
    inherited: new Map(),
    reusePort: false,
  });
  const bound = await front.listen();
  const portOf = (scheme: string): number => bound.find((at) => at.scheme === scheme)?.port ?? 0;
  return {
    way,
    front,
    httpsPort: portOf('https'),
    httpPort: portOf('http'),
    records,
    events,
    refusals: () => front.status().refusals,
    upstream,
    close: async () => {
      await front.close();
      await closeApp();
      rmSync(scratch, { recursive: true });
    },
  };
}

/** JSON is YAML; everything not said here is the default that users get. */
function configOf(directory: string, routes: readonly object[], site: object, root: object): Config {
  const text = JSON.stringify({
    listen: { https: '127.0.0.1:0', http: '127.0.0.1:0' },
    limits: { body: '2GB' },
    ...root,
    sites: [{ hosts: [HOST, 'localhost'], tls: 'self-signed', ...site, routes }],
  });
  return parseConfig(text, { file: join(directory, 'tollgate.yaml') }).config;
}

type MemoryLog = Parameters<typeof createFront>[0]['requestLog'];

function memoryLog(records: RequestRecord[]): MemoryLog {
  return {
    enabled: true,
    counters: { written: 0, dropped: 0, shed: 0, failedWrites: 0 },
    configure: () => undefined,
    write: (record) => void records.push(record),
  };
}
