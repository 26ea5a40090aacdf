// One cell's laboratory: a client's and a server's namespace on one wire, the server's firewall, and a journal if asked.
import type { Cores } from './cores.ts';
import { type FirewallLevel, rulesetOf } from './firewall.ts';
import { startJournal } from './journal.ts';
import { link, SERVER_V4, SOURCES_V4 } from './link.ts';
import { type Namespace, openNamespace } from './namespace.ts';
import { LOOPBACK, type Place } from './place.ts';
import type { LabProcess } from './process.ts';
import { Scope } from './scope.ts';

export interface LabOptions {
  readonly cores: Cores;
  readonly firewall: FirewallLevel;
  /** Text of Tollgate's own ruleset, for the level `notrack`. */
  readonly ownRuleset: string;
  readonly journal: boolean;
  /** Ephemeral ports of the client, for the incident of too few. */
  readonly clientPorts?: readonly [low: number, high: number];
}

export interface Lab {
  readonly server: Place;
  readonly client: Place;
  /** The server's side as a namespace; `undefined` on loopback. */
  readonly namespace: Namespace | undefined;
  readonly cores: Cores;
  readonly address: string;
  /** Where a front finds its app over TCP. */
  readonly upstreamAddress: string;
  readonly sourceAddresses: readonly string[];
  readonly journal: LabProcess | undefined;
  /** Ends the processes it is given with it; the namespaces go last. */
  readonly scope: Scope;
}

export const canIsolate = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

export async function openLab(owner: Scope, options: LabOptions): Promise<Lab> {
  return canIsolate() ? isolated(owner.child(), options) : loopback(owner.child(), options);
}

async function isolated(scope: Scope, options: LabOptions): Promise<Lab> {
  const [client, server] = await Promise.all([openNamespace(scope), openNamespace(scope)]);
  await link(client, server, options.cores);
  await tune(client, options.clientPorts ?? [1024, 65_535]);
  const ruleset = rulesetOf(options.firewall, options.ownRuleset);
  if (ruleset !== null) await server.run(['nft', '-f', '-'], ruleset);
  const journal = options.journal ? await startJournal(server, options.cores.server) : undefined;
  return {
    server,
    client,
    namespace: server,
    cores: options.cores,
    address: SERVER_V4,
    upstreamAddress: '127.0.0.1',
    sourceAddresses: SOURCES_V4,
    journal,
    scope,
  };
}

/** The client must not run out of ports before the server runs out of anything (facts: 470 connections/s an address otherwise). */
async function tune(client: Namespace, [low, high]: readonly [number, number]): Promise<void> {
  await client.run(['tee', '/proc/sys/net/ipv4/ip_local_port_range'], `${low} ${high}`);
  await client.run(['tee', '/proc/sys/net/ipv4/tcp_tw_reuse'], '1');
}

async function loopback(scope: Scope, options: LabOptions): Promise<Lab> {
  if (options.firewall !== 'none')
    throw new Error(`the firewall layer ${options.firewall} needs namespaces: run as root`);
  const address = loopbackAddress();
  return {
    server: LOOPBACK,
    client: LOOPBACK,
    namespace: undefined,
    cores: options.cores,
    address,
    upstreamAddress: address,
    sourceAddresses: [],
    journal: undefined,
    scope,
  };
}

let loopbackLabs = 0;

/** Linux answers on all of 127.0.0.0/8: an address for each lab, so that subjects side by side share no port. */
function loopbackAddress(): string {
  loopbackLabs += 1;
  return `127.${64 + (process.pid % 128)}.${Math.floor(loopbackLabs / 250) + 1}.${(loopbackLabs % 250) + 1}`;
}
