// Rows about who reaches what: web, ssh, closed ports, datagrams, source-port tricks, outbound, loopback.
import { ANSWER_BYTES, CLIENT, CLOSED_PORT, CLOSED_UDP_PORT, OUTSIDE, SERVER } from './bed.ts';
import { isOpened, type Policy } from '../policy/policy.ts';
import { includesAddress } from '../policy/sources.ts';
import { both, type Case, expected, type Family, first, type Trial } from './case.ts';
import type { Attempt } from './order.ts';

/** Namespaces answer in microseconds; this is for a busy machine. */
export const TIMEOUT_MS = 2000;
/** How long a closed port must stay silent: each such row costs this much. */
const SILENCE_MS = 800;

export const toServer = (family: Family, port: number, change: Partial<Attempt> = {}): Attempt => ({
  host: SERVER[family],
  port,
  from: CLIENT[family],
  bytes: 100,
  timeoutMs: TIMEOUT_MS,
  ...change,
});

export async function connects(
  { bed, family }: Trial,
  port: number,
  change: Partial<Attempt> = {},
): Promise<string | undefined> {
  const outcome = await bed.client.order({ kind: 'try-tcp', attempt: toServer(family, port, change) });
  return expected(['answered'], outcome, `tcp ${port}`);
}

async function isClosed(
  { bed, family }: Trial,
  port: number,
  change: Partial<Attempt> = {},
): Promise<string | undefined> {
  const outcome = await bed.client.order({
    kind: 'try-tcp',
    attempt: toServer(family, port, { timeoutMs: SILENCE_MS, ...change }),
  });
  const trick = change.sourcePort === undefined ? '' : ` from source port ${change.sourcePort}`;
  return expected(['blocked'], outcome, `tcp ${port}${trick}`);
}

async function datagram(
  { bed, family }: Trial,
  port: number,
  wanted: 'answered' | 'blocked',
  sourcePort?: number,
): Promise<string | undefined> {
  const timeoutMs = wanted === 'blocked' ? SILENCE_MS : TIMEOUT_MS;
  const attempt = toServer(family, port, { timeoutMs, ...(sourcePort === undefined ? {} : { sourcePort }) });
  const outcome = await bed.client.order({ kind: 'try-udp', attempt });
  const trick = sourcePort === undefined ? '' : ` from source port ${sourcePort}`;
  return expected([wanted], outcome, `udp ${port}${trick}`);
}

const outward = (family: Family, port: number): Attempt => ({
  host: OUTSIDE[family],
  port,
  bytes: 100,
  timeoutMs: TIMEOUT_MS,
});

const noWeb: Case['unless'] = ({ webPorts }) =>
  webPorts.length === 0 ? 'no listener is reachable from outside' : undefined;

const openedHere = (policy: Policy): string | undefined =>
  isOpened(policy, 'tcp', CLOSED_PORT) || isOpened(policy, 'udp', CLOSED_UDP_PORT)
    ? `the policy opens tcp ${CLOSED_PORT} or udp ${CLOSED_UDP_PORT}, which stand for a closed port`
    : undefined;

export const REACH: readonly Case[] = [
  {
    id: 'web-new',
    title: 'new web connections are answered',
    families: both,
    unless: noWeb,
    run: (trial) => first(...trial.policy.webPorts.map((port) => connects(trial, port))),
  },
  {
    id: 'web-established',
    title: 'a web connection goes on when the ruleset is applied again',
    families: both,
    unless: noWeb,
    run: async ({ bed, policy, family, reload }) => {
      const attempt = toServer(family, policy.webPorts[0] ?? 0);
      const name = `held${family}`;
      const opened = await bed.client.order({ kind: 'try-tcp', attempt, keepAs: name });
      reload();
      const later = await bed.client.order({ kind: 'ask-held', name, attempt });
      return expected(['answered'], opened, 'before') ?? expected(['answered'], later, 'after');
    },
  },
  {
    id: 'path-mtu',
    title: `a ${ANSWER_BYTES / 1000} kB answer arrives over an MTU of 1280`,
    families: both,
    unless: noWeb,
    run: (trial) => connects(trial, trial.policy.webPorts[0] ?? 0, { bytes: ANSWER_BYTES }),
  },
  {
    id: 'ssh-listed',
    title: 'ssh is open to the sources that are listed',
    families: both,
    unless: ({ ssh }, family) => {
      if (ssh === undefined) return 'ssh is not opened';
      if (ssh.from.kind === 'any') return undefined;
      return ssh.from[family === 4 ? 'ipv4' : 'ipv6'].length === 0 ? 'no source is listed' : undefined;
    },
    run: (trial) => {
      const from = trial.bed.listed[trial.family] ?? CLIENT[trial.family];
      return connects(trial, trial.policy.ssh?.port ?? 22, { from });
    },
  },
  {
    id: 'ssh-others',
    title: 'ssh is closed to everybody else',
    families: both,
    unless: ({ ssh }, family) =>
      ssh !== undefined && includesAddress(ssh.from, CLIENT[family])
        ? 'ssh is open to everybody, or to the stranger of this test'
        : undefined,
    run: (trial) => isClosed(trial, trial.policy.ssh?.port ?? 22),
  },
  {
    id: 'closed-port',
    title: 'a port that no rule names is closed',
    families: both,
    unless: openedHere,
    run: (trial) => first(isClosed(trial, CLOSED_PORT), datagram(trial, CLOSED_UDP_PORT, 'blocked')),
  },
  {
    id: 'source-port',
    title: 'and stays closed to a sender with the source port of a service',
    families: both,
    unless: openedHere,
    run: (trial) =>
      first(
        isClosed(trial, CLOSED_PORT, { sourcePort: 443 }),
        isClosed(trial, CLOSED_PORT, { sourcePort: 80 }),
        datagram(trial, CLOSED_UDP_PORT, 'blocked', 53),
        datagram(trial, CLOSED_UDP_PORT, 'blocked', 443),
      ),
  },
  {
    id: 'udp-443',
    title: 'udp 443 is open only where it was asked for',
    families: both,
    run: (trial) => datagram(trial, 443, isOpened(trial.policy, 'udp', 443) ? 'answered' : 'blocked'),
  },
  {
    id: 'loopback',
    title: 'the machine reaches itself',
    families: both,
    run: async ({ bed, family }) => {
      const host = family === 4 ? '127.0.0.1' : '::1';
      const attempt = { host, port: 3000, bytes: ANSWER_BYTES, timeoutMs: TIMEOUT_MS };
      return expected(['answered'], await bed.server.order({ kind: 'try-tcp', attempt }), host);
    },
  },
  {
    id: 'outbound',
    title: 'the machine asks for names and fetches over https',
    families: both,
    run: async ({ bed, family }) => {
      const [names, https] = await Promise.all([
        bed.server.order({ kind: 'try-udp', attempt: outward(family, 53) }),
        bed.server.order({ kind: 'try-tcp', attempt: outward(family, 443) }),
      ]);
      return expected(['answered'], names, 'names') ?? expected(['answered'], https, 'https');
    },
  },
];
