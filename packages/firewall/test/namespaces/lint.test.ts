import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildRuleset, checkRuleset, toIptables, toNft } from '../../src/index.ts';
import { MODES, sitePolicy } from '../support/policies.ts';
import { needs } from '../support/needs.ts';

needs('nft');

const found = (text: string): readonly string[] => {
  const result = checkRuleset(text);
  if (result.kind !== 'judged') throw new Error(`${result.kind}: ${result.message}`);
  return result.findings.map(({ id, where }) => `${id}: ${where}`);
};

/** A good small ruleset to spoil: each test changes one thing. */
const GOOD = readFileSync(join(import.meta.dirname, '../fixtures/good.nft'), 'utf8');
const STORY = readFileSync(join(import.meta.dirname, '../fixtures/story.nft'), 'utf8');

describe('the linter', () => {
  it.each(MODES)('has nothing to say of our own %s ruleset, but that its mode tracks', (mode) => {
    expect(found(toNft(buildRuleset(sitePolicy(mode))))).toEqual(
      mode === 'stateful' ? ['web-tracked: tcp 80, 443'] : [],
    );
  });

  it('has nothing to say of a good ruleset of somebody else', () => {
    expect(found(GOOD)).toEqual([]);
  });

  it('says of the published cure what it breaks', () => {
    expect(found(STORY)).toEqual([
      'path-mtu-black-hole: inet filter input, rule 2',
      'path-mtu-black-hole-ipv6: inet filter input, rule 2',
      'neighbours-dropped: nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert',
      'source-port-hole: tcp from source port 80, tcp from source port 443',
    ]);
  });

  it.each([
    ['path-mtu-black-hole', /.*icmp type.*\n/, ''],
    ['path-mtu-black-hole-ipv6', 'packet-too-big,', ''],
    ['neighbours-dropped', 'nd-neighbor-solicit,', ''],
    ['notrack-one-way', /.*tcp sport @web notrack\n/, ''],
    ['web-tracked', /.*@web.*notrack\n/g, ''],
    ['loopback-tracked', /.*oif lo notrack\n/, ''],
    ['loopback-dropped', 'iif lo accept', 'iif lo drop'],
    ['untracked-dropped', 'tcp dport @web accept', 'tcp dport @web ct state new accept'],
    ['answers-dropped', 'oif lo notrack', 'oif lo notrack\n\t\ttcp dport 443 notrack'],
    ['source-port-hole', 'tcp dport 22 accept', 'tcp dport 22 accept\n\t\tudp sport 53 accept'],
    ['ssh-closed', 'tcp dport 22 accept', ''],
    ['flush-ruleset', /^/, 'flush ruleset\n'],
  ] as const)('finds %s', (id, from, to) => {
    expect(found(GOOD.replace(from, to)).join('\n')).toContain(`${id}:`);
  });

  it('finds an ICMP accept that stands below the drop of invalid packets', () => {
    const lines = GOOD.split('\n');
    const state = lines.findIndex((line) => line.includes('invalid : drop'));
    const moved = lines.filter((_, at) => at !== state);
    moved.splice(lines.findIndex((line) => line.includes('iif lo accept')) + 1, 0, lines[state] ?? '');
    expect(found(moved.join('\n'))).toEqual(
      expect.arrayContaining([expect.stringMatching(/^error-meets-invalid-drop: inet filter input, rule 2/)]),
    );
  });

  const NAT =
    'table ip nat {\n chain pre {\n  type nat hook prerouting priority dstnat;\n  tcp dport 443 dnat to 172.17.0.2\n }\n' +
    ' chain post {\n  type nat hook postrouting priority srcnat;\n  masquerade\n }\n}\n';

  it('finds a published container port that is untracked', () => {
    expect(found(GOOD + NAT)).toContain('nat-without-tracking: tcp 443');
  });

  it('finds routed traffic that is untracked with the rest', () => {
    expect(found(GOOD + NAT).join()).not.toContain('routed-untracked');
    expect(found(GOOD.replace('fib daddr type local ', '') + NAT)).toContain('routed-untracked: tcp 80, 443');
  });

  it('finds a port that one table accepts and another drops', () => {
    const other =
      'table inet ufw {\n chain in {\n  type filter hook input priority 10; policy drop;\n  iif lo accept\n  meta l4proto { icmp, ipv6-icmp } accept\n  tcp dport 22 accept\n }\n}\n';
    expect(found(GOOD + other).join()).toContain('accept-is-not-final: tcp 443: inet ufw drops it');
  });

  it('gives the words of nft for a text that the kernel refuses', () => {
    expect(checkRuleset('table inet x { chain y { ct state bogus accept } }')).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/Error/),
    });
  });
});

it.each(MODES)('iptables-restore and ip6tables-restore take the %s ruleset, twice', (mode) => {
  const { ipv4, ipv6 } = toIptables(buildRuleset(sitePolicy(mode)));
  for (const [program, text] of [
    ['iptables-restore', ipv4],
    ['ip6tables-restore', ipv6],
  ] as const) {
    const script = `${program} --noflush /dev/stdin < "$F" && ${program} --noflush < "$F"`;
    const result = spawnSync(
      'unshare',
      ['-rn', 'sh', '-c', `F=$(mktemp); cat > $F; ${script}; S=$?; rm $F; exit $S`],
      {
        input: text,
        encoding: 'utf8',
      },
    );
    expect(result.stderr).toBe('');
    expect(result.status).toBe(0);
  }
});
