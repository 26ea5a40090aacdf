// One listening socket from its address: TCP, a unix path, or a descriptor inherited from systemd.
import { lstatSync, unlinkSync } from 'node:fs';
import { createConnection, type ListenOptions, type Server } from 'node:net';
import type { Address, Listener } from '@tollgate/core';

/** What a listener got: with the port that the kernel chose when 0 was asked for. */
export interface BoundAddress {
  readonly scheme: 'http' | 'https';
  readonly address: Address;
  /** 0 for a unix socket. */
  readonly port: number;
}

export interface BindOptions {
  /** systemd's descriptors by name. */
  readonly inherited: ReadonlyMap<string, number>;
  /** Several processes listen on the same port and the kernel spreads connections (SO_REUSEPORT). */
  readonly reusePort: boolean;
}

/** Of every listener, what systemd opened included; `net.core.somaxconn` may make it shorter. */
export const ACCEPT_BACKLOG = 4096;

/** Rejects with a sentence that says what to do: busy port, missing right, stale socket, unknown name. */
export async function bind(server: Server, listener: Listener, options: BindOptions): Promise<BoundAddress> {
  const { address, scheme } = listener;
  if (address.kind === 'unix') await removeStaleSocket(address.path);
  await listening(server, listenOptions(address, options)).catch((error: unknown) => {
    throw explained(error, listener);
  });
  return { scheme, ...boundAddress(server, address) };
}

function listenOptions(
  address: Address,
  { inherited, reusePort }: BindOptions,
): ListenOptions & { fd?: number } {
  switch (address.kind) {
    case 'tcp':
      // `::` without ipv6Only is dual-stack: one socket for both families.
      return { host: address.address, port: address.port, reusePort };
    case 'unix':
      return { path: address.path };
    case 'systemd': {
      const fd = inherited.get(address.name);
      if (fd === undefined) {
        const names = [...inherited.keys()].join(', ') || 'none';
        throw new Error(
          `systemd:${address.name}: expected a socket of that name in LISTEN_FDNAMES, got ${names}; ` +
            'name it with FileDescriptorName= in the socket unit',
        );
      }
      return { fd };
    }
  }
}

function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // As an argument too: of a descriptor Node ignores the option, and would cut systemd's queue to its own default.
    server.listen(options, ACCEPT_BACKLOG, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function boundAddress(server: Server, asked: Address): Omit<BoundAddress, 'scheme'> {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return { address: asked, port: 0 };
  const { address, port } = bound;
  return { address: asked.kind === 'tcp' ? { kind: 'tcp', address, port } : asked, port };
}

/** A socket file that nobody answers on was left by a process that was killed; one that answers is in use. */
async function removeStaleSocket(path: string): Promise<void> {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry?.isSocket() !== true) return;
  const answered = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  if (!answered) unlinkSync(path);
}

function explained(error: unknown, { scheme, address }: Listener): Error {
  const at = describe(address);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const advice: Record<string, string> = {
    EADDRINUSE: `${at} is in use; stop the other server (ss -ltnp shows it) or choose another port`,
    EACCES: `no right to listen on ${at}; a port below 1024 needs CAP_NET_BIND_SERVICE or systemd socket activation`,
    EADDRNOTAVAIL: `${at} is not an address of this machine (ip addr shows them)`,
  };
  // libuv says EACCES also for a directory that does not exist.
  if (address.kind === 'unix') {
    advice['EACCES'] =
      `cannot create ${at}; its directory must exist and this user must be allowed to write to it`;
  }
  const reason = advice[code] ?? `cannot listen on ${at}: ${String(error)}`;
  return new Error(`listen.${scheme}: ${reason}`, { cause: error });
}

function describe(address: Address): string {
  switch (address.kind) {
    case 'tcp':
      return address.address.includes(':')
        ? `[${address.address}]:${address.port}`
        : `${address.address}:${address.port}`;
    case 'unix':
      return address.path;
    case 'systemd':
      return `systemd:${address.name}`;
  }
}
