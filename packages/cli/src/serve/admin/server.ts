// The admin listener: how the process is looked at and steered. Never the site's own port.
import { createServer, type Server } from 'node:http';
import { lstatSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import type { Address } from '@tollgate/core';
import { answer, type AdminDuties } from './answers.ts';
import { sendJson } from './send.ts';

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
      sendJson(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  server.prependListener('connection', closeWithoutPeer);
  if (address.kind === 'unix') await removeStale(address.path);
  await listen(server, address, inherited);
  return {
    at: adminAddressText(bound(server, address)),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Of a connection that has been reset the kernel no longer says whose it was, though its request can still be read: the guard
 * would take it for a unix socket, which has no address on either side. Asked once, Node remembers the address.
 */
function closeWithoutPeer(socket: Socket): void {
  if (socket.remoteAddress === undefined && socket.localAddress !== undefined) socket.destroy();
}

/** Port 0 asks the kernel for one. */
function bound(server: Server, address: Address): Address {
  const at = server.address();
  return address.kind === 'tcp' && typeof at === 'object' && at !== null
    ? { ...address, port: at.port }
    : address;
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
