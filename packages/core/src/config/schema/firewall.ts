// `firewall`: what the machine's ruleset is made from; the web ports come from `listen`.
import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';
import { count, mapping, oneOrMany, text, toggle, word } from './mapping.ts';

const EXPECTED_SOURCE = 'any, an IP address or a CIDR';

const from = oneOrMany(`${EXPECTED_SOURCE}, or a list of them`, text(EXPECTED_SOURCE, source))
  .prefault('any')
  .describe('Who may connect: any, addresses and CIDRs.');
const port = count(1, 65_535);

const extra = mapping('a port', {
  port: port.describe('The port to open.'),
  protocol: word('tcp', 'udp').prefault('tcp').describe('tcp or udp.'),
  from,
});

const sshFields = mapping('ssh', { port: port.prefault(22).describe('The port of sshd.'), from });

export const firewall = mapping('the firewall', {
  ssh: z
    .union([sshFields, z.literal('off').transform(() => undefined)], {
      error: 'expected a mapping with port and from, or off',
    })
    .prefault({})
    .describe('Who may reach sshd; off closes it.'),
  connectionTracking: word('web-untracked', 'stateful', 'stateless')
    .prefault('web-untracked')
    .describe('web-untracked keeps web and loopback traffic out of the connection table.'),
  extra: z
    .array(extra, { error: 'expected a list of ports' })
    .prefault([])
    .describe('Further ports to open.'),
  synPerSecond: count(1, 1_000_000)
    .optional()
    .describe('New connections a second that one source may open to the web ports.'),
  dhcp: toggle.prefault(true).describe('The machine gets its address by DHCP.'),
  quic: toggle.prefault(false).describe('Open the https ports for UDP as well.'),
});

function source(given: string): string | undefined {
  if (given === 'any' || isIPv4(given) || (isIPv6(given) && !given.includes('%'))) return given;
  const [address = '', bits = '', ...rest] = given.split('/');
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most ? given : undefined;
}
