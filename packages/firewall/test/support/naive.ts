// Rulesets that look right: each is the good one with one thing done the usual way, and the rows that this breaks.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const good = readFileSync(join(import.meta.dirname, '../fixtures/good.nft'), 'utf8');
const own = `table inet filter\ndelete table inet filter\n${good}`;

export interface Naive {
  readonly name: string;
  readonly text: string;
  /** `ROW FAMILY`, in the order of the matrix. */
  readonly breaks: readonly string[];
}

const without = (pattern: RegExp): string => own.replaceAll(pattern, '');
const beforeDrop = (rule: string): string =>
  own.replace('tcp dport 22 accept', `tcp dport 22 accept\n\t\t${rule}`);

export const GOOD_TEXT = own;

/** From the facts of the story: each was measured to break what is named. */
export const NAIVE: readonly Naive[] = [
  { name: 'no ICMP under a drop policy', text: without(/.*icmp type.*\n/g), breaks: ['path-mtu 4'] },
  {
    name: 'no packet-too-big',
    text: without(/packet-too-big, /g),
    breaks: ['path-mtu 6'],
  },
  {
    name: 'no ICMPv6 rule at all',
    text: without(/.*icmpv6 type.*\n/g),
    breaks: ['web-new 6', 'path-mtu 6', 'neighbours 6'],
  },
  {
    name: 'notrack in prerouting only',
    text: without(/.*tcp sport @web notrack\n/g),
    breaks: ['web-entries 4', 'web-entries 6'],
  },
  {
    name: 'source port 443 untracked and accepted',
    text: beforeDrop('tcp sport 443 ct state untracked accept').replace(
      'fib daddr type local tcp dport @web notrack',
      'fib daddr type local tcp dport @web notrack\n\t\ttcp sport 443 notrack',
    ),
    breaks: ['source-port 4', 'source-port 6'],
  },
  {
    name: 'port 80 left tracked',
    text: own.replaceAll(/tcp (sport|dport) @web notrack/g, 'tcp $1 443 notrack'),
    breaks: ['web-entries 4', 'web-entries 6'],
  },
  {
    name: 'notrack on a port that a container publishes',
    text: own.replace('elements = { 80, 443 }', 'elements = { 80, 443, 8088 }'),
    breaks: ['published-port 4'],
  },
  {
    name: 'notrack without asking whose the address is',
    text: without(/fib daddr type local /g),
    breaks: ['container-outbound 4'],
  },
  { name: 'flush ruleset', text: `flush ruleset\n${good}`, breaks: ['other-tables 4'] },
  {
    name: 'an accept in another table than the drop',
    text: `${own}\ntable inet front\ndelete table inet front\ntable inet front {\n\tchain input {\n\t\ttype filter hook input priority filter - 1; policy drop;\n\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n\t}\n}\n`,
    breaks: ['web-new 4', 'web-new 6'],
  },
  {
    name: 'no rule for ssh',
    text: without(/.*tcp dport 22 accept\n/g),
    breaks: ['ssh-listed 4', 'ssh-listed 6'],
  },
  {
    name: 'everything tracked',
    text: without(/.*notrack\n/g),
    breaks: ['web-entries 4', 'web-entries 6', 'full-table 4', 'full-table 6'],
  },
];

/** The other rows of the matrix, each with what breaks it: a row that cannot fail proves nothing. */
export const SPOILED: readonly Naive[] = [
  {
    name: 'a policy of accept',
    text: own.replace('policy drop', 'policy accept'),
    breaks: ['ssh-others 4', 'ssh-others 6', 'closed-port 4', 'closed-port 6', 'udp-443 4', 'udp-443 6'],
  },
  { name: 'no loopback rule', text: without(/.*iif lo accept\n/g), breaks: ['loopback 4', 'loopback 6'] },
  {
    name: 'nothing established let in',
    text: without(/established : accept, /g),
    breaks: ['outbound 4', 'outbound 6'],
  },
  {
    name: 'a ruleset that grows each time',
    text: good,
    breaks: ['twice 4'],
  },
  {
    name: 'pings without a limit',
    text: own,
    breaks: ['echo-limited 4', 'echo-limited 6'],
  },
  { name: 'no rule for DHCP', text: own, breaks: ['dhcp 4'] },
  {
    name: 'web connections known by their first packet alone',
    text: own
      .replace('tcp dport @web accept', 'tcp dport @web tcp flags & (syn | ack) == syn accept')
      .replaceAll(/.*@web notrack\n/g, '')
      .replace(
        '{ established : accept, related : accept, invalid : drop }',
        '{ related : accept, established : drop }',
      ),
    breaks: ['web-established 4', 'web-established 6'],
  },
];
