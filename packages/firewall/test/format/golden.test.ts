import { expect, it } from 'vitest';
import { buildRuleset, toGcp, toIptables, toLinode, toNft } from '../../src/index.ts';
import { MODES, sitePolicy } from '../support/policies.ts';

it.each(MODES)('prints the %s ruleset as nft text that a person can read', async (mode) => {
  await expect(toNft(buildRuleset(sitePolicy(mode)))).toMatchFileSnapshot(`../golden/${mode}.nft`);
});

it.each(MODES)('prints the %s ruleset for iptables-restore and ip6tables-restore', async (mode) => {
  const { ipv4, ipv6 } = toIptables(buildRuleset(sitePolicy(mode)));
  await expect(ipv4).toMatchFileSnapshot(`../golden/${mode}.iptables`);
  await expect(ipv6).toMatchFileSnapshot(`../golden/${mode}.ip6tables`);
});

it('prints what the providers firewall is to let in', async () => {
  const policy = sitePolicy('web-untracked', { quicPorts: [443] });
  await expect(toLinode(policy)).toMatchFileSnapshot('../golden/linode.json');
  await expect(toGcp(policy)).toMatchFileSnapshot('../golden/gcp.json');
});

it('leaves out of a providers rules a port that nobody may reach: no source would mean everyone', () => {
  const policy = sitePolicy('web-untracked', {
    ssh: { protocol: 'tcp', port: 22, from: { kind: 'ranges', ipv4: [], ipv6: [] } },
  });
  expect(toLinode(policy)).not.toContain('ssh');
  expect(toNft(buildRuleset(policy))).not.toContain('dport 22');
});

it('without a limit on new connections untracked web packets are asked one question in input', async () => {
  const policy = sitePolicy('web-untracked', { synPerSecond: undefined });
  const text = toNft(buildRuleset(policy));
  expect(text).toContain('\t\ttcp dport 443 accept\n\t\ttcp dport 80 accept\n');
  expect(text).not.toContain('chain web {');
  await expect(text).toMatchFileSnapshot('../golden/web-untracked-unlimited.nft');
});

it('asks a set about web ports that are more than two', () => {
  const text = toNft(buildRuleset(sitePolicy('web-untracked', { webPorts: [80, 443, 8443] })));
  expect(text).toContain('elements = { 80, 443, 8443 }');
  expect(text.match(/@web/g)).toHaveLength(3);
});

it('has no web rule, set or counter for a machine that serves nothing', () => {
  for (const mode of MODES) {
    expect(toNft(buildRuleset(sitePolicy(mode, { webPorts: [] })))).not.toContain('web');
  }
});
