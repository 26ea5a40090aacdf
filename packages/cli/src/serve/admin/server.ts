// The admin listener: is it alive, is it ready, what is it doing, and reload. Never the site's own port.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { lstatSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { Address } from '@tollgate/core';
import { refusalOf } from './guard.ts';

/** What a reload came to; `errors` are ready to print, one mistake each. */
export type ReloadOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'configuration' | 'failure'; readonly errors: readonly string[] };

export interface AdminDuties {
  isReady(): boolean;
  status(): Promise<unknown>;
  reload(): Promise<ReloadOutcome>;
}

export interface Admin {
  /** As a person would type it. */
  readonly at: string;
  close(): void;
}

const LIMITS = { maxHeaderSize: 8192, requestTimeout: 10_000, headersTimeout: 10_000 } as const;

/** Rejects with a sentence that says what to do. */
export async function openAdmin(
  address: Address,
  duties: AdminDuties,
  inherited: ReadonlyMap<string, number>,
): Promise<Admin> {
  const server = createServer(LIMITS, (request, response) => {
    answer(duties, request, response).catch((error: unknown) => {
      send(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  if (address.kind === 'unix') await removeStale(address.path);
  await listen(server, address, inherited);
  return {
    at: adminAddressText(address),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function adminAddressText(address: Address): string {
  if (address.kind === 'tcp') {
    const host = address.address.includes(':') ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }
  return address.kind === 'unix' ? `unix:${address.path}` : `systemd:${address.name}`;
}

function listen(server: Server, address: Address, inherited: ReadonlyMap<string, number>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explained(error, address)));
    server.listen(listenOptions(address, inherited), resolve);
  });
}

/** A socket file that nobody answers at was left by a process that was killed; one that answers is in use. */
async function removeStale(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const answered = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path, () => resolve(true));
    probe.on('error', () => resolve(false));
    probe.on('connect', () => probe.destroy());
  });
  if (!answered) rmSync(path, { force: true });
}

function listenOptions(
  address: Address,
  inherited: ReadonlyMap<string, number>,
): { host: string; port: number } | { path: string } | { fd: number } {
  if (address.kind === 'tcp') return { host: address.address, port: address.port };
  if (address.kind === 'unix') return { path: address.path };
  const fd = inherited.get(address.name);
  if (fd === undefined) throw new Error(`admin: systemd passed no socket named "${address.name}"`);
  return { fd };
}

function explained(error: Error, address: Address): Error {
  const busy = 'code' in error && error.code === 'EADDRINUSE';
  const advice = busy
    ? 'is in use: is another tollgate running? Stop it, or set `admin:` to another port'
    : '';
  return new Error(
    `admin: ${adminAddressText(address)} ${advice || `cannot be listened on: ${error.message}`}`,
    {
      cause: error,
    },
  );
}

async function answer(
  duties: AdminDuties,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '/';
  const refusal = refusalOf({ path, headers: request.headers, peer: request.socket.remoteAddress });
  if (refusal !== undefined) return send(response, 403, { error: refusal });
  switch (`${request.method} ${path}`) {
    case 'GET /healthz':
      return send(response, 200, { status: 'alive' });
    case 'GET /readyz':
      return duties.isReady()
        ? send(response, 200, { status: 'ready' })
        : send(response, 503, { status: 'draining' });
    case 'GET /status':
      return send(response, 200, await duties.status());
    case 'POST /reload': {
      const outcome = await duties.reload();
      return send(response, outcome.ok ? 200 : 422, outcome);
    }
    default:
      return send(response, 404, { error: 'expected GET /healthz, /readyz, /status or POST /reload' });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}
