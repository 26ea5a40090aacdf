// The site with a listener of its own: TLS or plain, TCP or unix socket.
import { TLS_SETTINGS } from '@tollgate/core';
import { rmSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import fastify, { LogController } from 'fastify';
import type { EventLog, RequestLog } from '@tollgate/log';
import backend from '../app.ts';
import type { Front } from '../request/front.ts';
import type { Listening, Settings } from '../settings.ts';
import type { Site } from '../site.ts';
import { recordRequests } from './request-log.ts';
import { selfSignedCertificate } from './self-signed.ts';

/** Above the 65 s to 75 s for which fronts keep a pooled connection: the front is the one to close it. */
const KEEP_ALIVE_MS = 90_000;

const DRAIN_MS = 10_000;
const SWEEP_MS = 50;

export interface RunningSite {
  /** Where it answers: `https://127.0.0.1:3000`, or `unix:/run/app.sock`. */
  readonly url: string;
  /** Takes nothing new, answers what has begun within 10 s, then ends what is left. Idempotent. */
  close(): Promise<void>;
}

/** Without them nothing is written. */
export interface Logs {
  readonly requestLog: RequestLog;
  readonly eventLog: EventLog;
}

/** Of a front on this machine the word is taken; whoever else connects is a client. */
const FRONT: Front = 'local';

/** @throws when the address is in use or may not be bound; the system's message says which. */
export async function startSite(settings: Settings, logs?: Logs): Promise<RunningSite> {
  const site = await createSite(settings);
  if (logs !== undefined) attachLogs(site, logs);
  await site.register(backend, { front: FRONT });
  const drain = prepareDrain(site);
  const url = await listen(site, settings.listening);
  return { url, close: drain };
}

/** Errors by a hook: a logger of the framework's would cost every request an object. */
function attachLogs(site: Site, { requestLog, eventLog }: Logs): void {
  if (requestLog.enabled) recordRequests(site, requestLog, FRONT);
  site.addHook('onError', async ({ url }, _reply, error) => {
    if ((error.statusCode ?? 500) >= 500) eventLog.error({ err: error, url }, 'a route failed');
  });
}

/** Closing the server leaves alone a connection that is busy at that moment, and idle for ever after: those are swept. */
function prepareDrain(site: Site): () => Promise<void> {
  const open = new Set<Socket>();
  site.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return async () => {
    const sweeping = setInterval(() => site.server.closeIdleConnections(), SWEEP_MS);
    const ending = setTimeout(() => open.forEach((socket) => socket.destroy()), DRAIN_MS);
    await site.close();
    clearInterval(sweeping);
    clearTimeout(ending);
  };
}

/** Over TLS it speaks HTTP/2 and HTTP/1.1; plain, HTTP/1.1, as fronts do. */
async function createSite({ tls }: Settings): Promise<Site> {
  const options = {
    logController: new LogController({ disableRequestLogging: true }),
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
  } as const;
  if (!tls) return fastify(options);
  const certificate = await selfSignedCertificate();
  const site = fastify({
    ...options,
    http2: true,
    https: { ...TLS_SETTINGS, ...certificate, allowHTTP1: true },
  });
  // The framework types an HTTP/2 instance apart from an HTTP/1.1 one; the routes use only what both have.
  return site as unknown as Site;
}

async function listen(site: Site, listening: Listening): Promise<string> {
  if (listening.kind === 'tcp') return site.listen({ host: listening.host, port: listening.port });
  removeStaleSocket(listening.path);
  await site.listen({ path: listening.path });
  return `unix:${listening.path}`;
}

/** A socket left by a killed process would make every start fail; anything but a socket is not ours to remove. */
function removeStaleSocket(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path);
}
