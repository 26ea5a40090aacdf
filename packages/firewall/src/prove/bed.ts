// The bed: a client, a router whose far link has an MTU of 1280, the server that carries the ruleset, a container behind it.
import type { Policy } from '../policy/policy.ts';
import { includesAddress } from '../policy/sources.ts';
import { Namespace } from './namespace.ts';

export const SERVER = { 4: '10.77.0.1', 6: 'fd77::1' } as const;
export const CLIENT = { 4: '10.78.0.2', 6: 'fd78::2' } as const;
/** The router: what the server itself connects to. */
export const OUTSIDE = { 4: '10.77.0.254', 6: 'fd77::fe' } as const;
export const CONTAINER = '172.30.0.2';
/** Large enough for many full segments, so that a black hole shows. */
export const ANSWER_BYTES = 20_000;
/** Open on the server, and in no policy that is proved here. */
export const CLOSED_PORT = 9000;
export const CLOSED_UDP_PORT = 161;
/** Translated to the container, as Docker publishes a port. */
export const PUBLISHED_PORT = 8088;

export interface Bed {
  readonly client: Namespace;
  readonly router: Namespace;
  readonly server: Namespace;
  readonly container: Namespace;
  /** Client addresses that the policy lets in by ssh; absent where everybody is let in, or nobody. */
  readonly listed: { readonly 4: string | undefined; readonly 6: string | undefined };
  close(): void;
}

let beds = 0;

/** Needs root: namespaces of its own, removed by close(). Nothing of this machine's network is touched. */
export async function makeBed(policy: Policy): Promise<Bed> {
  const prefix = `tg${process.pid}x${beds++}`;
  const made: Namespace[] = [];
  const make = (role: string): Namespace => {
    const namespace = new Namespace(`${prefix}${role}`);
    made.push(namespace);
    return namespace;
  };
  const close = (): void => {
    for (const namespace of made.splice(0)) namespace.close();
  };
  try {
    const bed = {
      client: make('c'),
      router: make('r'),
      server: make('s'),
      container: make('d'),
      listed: listedAddresses(policy),
      close,
    };
    link(bed);
    await listen(bed, policy);
    waitForLink(bed);
    return bed;
  } catch (error) {
    close();
    throw error;
  }
}

function link({ client, router, server, container, listed }: Omit<Bed, 'close'>): void {
  // Nobody else can have these addresses, and the search for a double costs a second.
  for (const namespace of [client, router, server]) namespace.sysctl('net.ipv6.conf.default.dad_transmits=0');
  server.ip(
    'link set lo up',
    `link add wan type veth peer name lan netns ${router.name}`,
    `addr add ${SERVER[4]}/24 dev wan`,
    `addr add ${SERVER[6]}/64 dev wan nodad`,
    'link set wan up',
    `link add bridge type veth peer name eth0 netns ${container.name}`,
    'addr add 172.30.0.1/24 dev bridge',
    'link set bridge up',
  );
  router.ip(
    `addr add ${OUTSIDE[4]}/24 dev lan`,
    `addr add ${OUTSIDE[6]}/64 dev lan nodad`,
    'link set lan up',
    `link add far type veth peer name wan netns ${client.name}`,
    'addr add 10.78.0.1/24 dev far',
    'addr add fd78::1/64 dev far nodad',
    // The client's end keeps 1500, so it announces large segments, and the router has to say that they do not fit.
    'link set far mtu 1280 up',
    ...(listed[4] === undefined ? [] : [`route add ${listed[4]}/32 dev far`]),
    ...(listed[6] === undefined ? [] : [`route add ${listed[6]}/128 dev far`]),
  );
  client.ip(
    'link set lo up',
    `addr add ${CLIENT[4]}/24 dev wan`,
    `addr add ${CLIENT[6]}/64 dev wan nodad`,
    ...(listed[4] === undefined ? [] : [`addr add ${listed[4]}/32 dev wan`]),
    ...(listed[6] === undefined ? [] : [`addr add ${listed[6]}/128 dev wan nodad`]),
    'link set wan up',
    'route add default via 10.78.0.1',
    'route add default via fd78::1',
  );
  container.ip(`addr add ${CONTAINER}/24 dev eth0`, 'link set eth0 up', 'route add default via 172.30.0.1');
  server.ip(`route add default via ${OUTSIDE[4]}`, `route add default via ${OUTSIDE[6]}`);
  router.sysctl('net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
  server.sysctl('net.ipv4.ip_forward=1');
}

/** A fresh link carries IPv6 when it pleases. The neighbours found are forgotten again: finding them is a row of the matrix. */
function waitForLink({ client, router, server }: Omit<Bed, 'close'>): void {
  const reached = client.run('ping', ['-6', '-n', '-q', '-c', '1', '-i', '0.2', '-w', '10', SERVER[6]]);
  if (!reached.ok) throw new Error(`the bed has no IPv6: ${reached.output}${reached.message}`);
  for (const [namespace, device] of [
    [server, 'wan'],
    [router, 'lan'],
  ] as const) {
    namespace.run('ip', ['-6', 'neigh', 'flush', 'dev', device]);
  }
}

async function listen({ router, server, container }: Omit<Bed, 'close'>, policy: Policy): Promise<void> {
  const ssh = policy.ssh === undefined ? [22] : [policy.ssh.port];
  const tcp = new Set([...policy.webPorts, ...ssh, CLOSED_PORT, 3000]);
  const orders = [
    ...tcp.values().map((port) => server.order({ kind: 'listen-tcp', port })),
    ...[443, CLOSED_UDP_PORT, 68, 546].map((port) => server.order({ kind: 'listen-udp', port })),
    router.order({ kind: 'listen-tcp', port: 443 }),
    router.order({ kind: 'listen-udp', port: 53 }),
    container.order({ kind: 'listen-tcp', port: 80 }),
  ];
  const outcomes = await Promise.all(orders);
  if (outcomes.some((outcome) => outcome !== 'answered'))
    throw new Error('the bed could not listen on every port it needs');
}

/** The first address of the first range of each family; none where the client's own will do. */
function listedAddresses({ ssh }: Policy): Bed['listed'] {
  if (ssh === undefined || ssh.from.kind === 'any') return { 4: undefined, 6: undefined };
  const [four] = includesAddress(ssh.from, CLIENT[4]) ? [] : ssh.from.ipv4;
  const [six] = includesAddress(ssh.from, CLIENT[6]) ? [] : ssh.from.ipv6;
  return { 4: four && inside(four), 6: six && inside(six) };
}

/** A range's own first address is its name; one further is an address like any other. */
function inside(range: string): string {
  const [address = '', length] = range.split('/');
  if (length === undefined) return address;
  if (address.includes(':')) return address.endsWith('::') ? `${address}1` : address;
  const octets = address.split('.').map(Number);
  return [...octets.slice(0, 3), (octets[3] ?? 0) + (Number(length) < 32 ? 1 : 0)].join('.');
}
