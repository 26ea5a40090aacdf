// The wire between the client's namespace and the server's: a veth pair, addresses of both families, packets steered to their side's core.
import type { Cores } from './cores.ts';
import type { Namespace } from './namespace.ts';
import { runIn } from './place.ts';

/** 198.18.0.0/15 is set aside for benchmarks (RFC 2544 appendix C.2.2) and routed nowhere; fd00::/8 likewise (RFC 4193). */
export const SERVER_V4 = '198.18.0.1';
const SERVER_V6 = 'fd00:746f:6c6c::1';
const CLIENT_V6 = 'fd00:746f:6c6c::2';

/** Several sources, because one has but 64,000 ports and a closed connection keeps its port for 60 s. */
export const SOURCES_V4: readonly string[] = Array.from({ length: 8 }, (_, index) => `198.18.0.${index + 2}`);

const DEVICE = 'toll0';

export async function link(client: Namespace, server: Namespace, cores: Cores): Promise<void> {
  const peer = ['type', 'veth', 'peer', 'name', DEVICE, 'netns', String(server.netOf)];
  // Only the network is entered: `netns PID` is looked up among the caller's processes.
  await runIn(['nsenter', `--net=${client.netns}`, '--'], ['ip', 'link', 'add', DEVICE, ...peer]);
  await Promise.all([
    bring(server, [SERVER_V4], SERVER_V6, cores.server),
    bring(client, SOURCES_V4, CLIENT_V6, cores.generator),
  ]);
}

async function bring(place: Namespace, v4: readonly string[], v6: string, core: number): Promise<void> {
  const batch = [
    ...v4.map((address) => `address add ${address}/24 dev ${DEVICE}`),
    `address add ${v6}/64 dev ${DEVICE} nodad`,
    `link set ${DEVICE} up`,
  ];
  await place.run(['ip', '-batch', '-'], batch.join('\n'));
  await steer(place, core);
}

/**
 * Receive packet steering (Documentation/networking/scaling.rst). A veth pair otherwise does the receiver's work, firewall
 * and TCP included, in the sender's context: the server's toll would be paid by the generator.
 */
const steer = (place: Namespace, core: number): Promise<string> =>
  place.run(['tee', `/run/sys/class/net/${DEVICE}/queues/rx-0/rps_cpus`], (1n << BigInt(core)).toString(16));
