import { describe, expect, it } from 'vitest';
import {
  buildRuleset,
  byIptables,
  type Policy,
  prove,
  type RowResult,
  toIptables,
  toNft,
} from '../../src/index.ts';
import { ROW_IDS } from '../../src/prove/prove.ts';
import { makeBed, SERVER } from '../../src/prove/bed.ts';
import { GOOD_TEXT, NAIVE, SPOILED } from '../support/naive.ts';
import { needs } from '../support/needs.ts';
import { MODES, sitePolicy } from '../support/policies.ts';

needs('root', 'nft', 'ip', 'conntrack', 'ping');

const broken = (rows: readonly RowResult[]): readonly string[] =>
  rows.filter(({ result }) => result === 'broken').map(({ id, family }) => `${id} ${family}`);
const held = (rows: readonly RowResult[]): number => rows.filter(({ result }) => result === 'holds').length;

describe('the behaviour matrix', () => {
  it.each(MODES)('holds for our %s ruleset, in every row and both families', async (mode) => {
    const policy = sitePolicy(mode);
    // Filling the whole table takes seconds, and a stateless ruleset has none.
    const asked = mode === 'stateless' ? { rows: ROW_IDS.filter((id) => id !== 'full-table') } : {};
    const rows = await prove(toNft(buildRuleset(policy)), policy, asked);
    expect(rows.filter(({ result }) => result === 'broken')).toEqual([]);
    expect(held(rows)).toBeGreaterThanOrEqual(mode === 'web-untracked' ? 31 : 27);
  });

  it.concurrent.each(MODES)('holds for our %s ruleset as iptables-restore loads it', async (mode) => {
    const policy = sitePolicy(mode);
    // All of it for the mode that differs most; of the others what iptables says in words of its own.
    const rows =
      mode === 'web-untracked'
        ? ROW_IDS.filter((id) => id !== 'full-table')
        : ['web-new', 'path-mtu', 'ssh-listed', 'source-port', 'outbound', 'echo-limited'];
    const proved = await prove(byIptables(toIptables(buildRuleset(policy))), policy, { rows });
    expect(proved.filter(({ result }) => result === 'broken')).toEqual([]);
    expect(held(proved)).toBe(mode === 'web-untracked' ? 30 : 12);
  });

  it.concurrent('can fail for iptables too: web answers that are not untracked', async () => {
    const policy = sitePolicy('web-untracked');
    const { ipv4, ipv6 } = toIptables(buildRuleset(policy));
    const spoil = (text: string): string => text.replace(/^-A TOLLGATE-UNTRACK-OUT .*--sport .*\n/gm, '');
    const load = byIptables({ ipv4: spoil(ipv4), ipv6: spoil(ipv6) });
    expect(broken(await prove(load, policy, { rows: ['web-new', 'web-entries'] }))).toEqual([
      'web-entries 4',
      'web-entries 6',
    ]);
  });

  it('holds without a limit on new connections, and asks for udp 443 where the policy opens it', async () => {
    const policy = sitePolicy('web-untracked', { quicPorts: [443], synPerSecond: undefined });
    const rows = ['web-new', 'web-established', 'path-mtu', 'udp-443', 'web-entries'];
    expect(held(await prove(toNft(buildRuleset(policy)), policy, { rows }))).toBe(10);
  });

  it('does not ask of a policy what it does not say: ssh for a whole family, a port that stands for a closed one', async () => {
    const policy = sitePolicy('stateful', {
      webPorts: [9000],
      ssh: { protocol: 'tcp', port: 22, from: { kind: 'ranges', ipv4: ['0.0.0.0/0'], ipv6: [] } },
    });
    const results = await prove(toNft(buildRuleset(policy)), policy, {
      rows: ['web-new', 'ssh-listed', 'ssh-others', 'closed-port'],
    });
    expect(results.map(({ id, family, result }) => `${id} ${family} ${result}`)).toEqual([
      'web-new 4 holds',
      'web-new 6 holds',
      'ssh-listed 4 holds',
      'ssh-listed 6 not-asked',
      'ssh-others 4 not-asked',
      'ssh-others 6 holds',
      'closed-port 4 not-asked',
      'closed-port 6 not-asked',
    ]);
  });

  /** The naive rulesets let ssh in from everywhere and know no DHCP. */
  const plain: Policy = sitePolicy('web-untracked', {
    ssh: { protocol: 'tcp', port: 22, from: { kind: 'any' } },
    dhcp: false,
    extra: [],
    synPerSecond: undefined,
  });

  it('holds for a good ruleset of somebody else, but that it does not limit pings', async () => {
    // Filling the whole table takes seconds; our own rulesets and the ones that fail are asked.
    const rows = ROW_IDS.filter((id) => id !== 'full-table');
    expect(broken(await prove(GOOD_TEXT, plain, { rows }))).toEqual(['echo-limited 4', 'echo-limited 6']);
  });

  it.concurrent.each(NAIVE)('shows what breaks with $name', async ({ text, breaks }) => {
    const rows = [...new Set(['web-new', ...breaks.map((row) => row.split(' ')[0] ?? '')])];
    expect(broken(await prove(text, plain, { rows }))).toEqual(breaks);
  });

  it.concurrent.each(SPOILED)('can fail in its other rows too: $name', async ({ text, breaks }) => {
    const policy = sitePolicy('web-untracked', { extra: [] });
    const rows = [...new Set(breaks.map((row) => row.split(' ')[0] ?? ''))];
    expect(broken(await prove(text, policy, { rows }))).toEqual(breaks);
  });
});

it('the limit on new connections holds one source back and leaves another alone', async () => {
  const policy = sitePolicy('web-untracked', { synPerSecond: 10 });
  const bed = await makeBed(policy);
  try {
    expect(bed.server.run('nft', ['-f', '-'], toNft(buildRuleset(policy))).message).toBe('');
    const attempt = { host: SERVER[4], port: 443, bytes: 100, timeoutMs: 500 };
    const from = (address: string) =>
      bed.client.order({ kind: 'try-tcp', attempt: { ...attempt, from: address } });
    const greedy = await Promise.all(Array.from({ length: 100 }, () => from('10.78.0.2')));
    expect(greedy.filter((outcome) => outcome === 'answered').length).toBeLessThan(60);
    expect(greedy).toContain('blocked');
    expect(await from(bed.listed[4] ?? '')).toBe('answered');
  } finally {
    bed.close();
  }
});
