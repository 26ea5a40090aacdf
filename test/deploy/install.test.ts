import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@tollgate/core';
import { buildRuleset, policyFrom, toNft } from '@tollgate/firewall';
import { expect, it, onTestFinished } from 'vitest';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const install = (...args: readonly string[]) =>
  spawnSync('sh', [join(DEPLOY, 'install.sh'), ...args], { encoding: 'utf8' });

const emptyRoot = (): string => {
  const root = mkdtempSync(join(tmpdir(), 'tollgate-root-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
};

it('a dry run says everything it would do, and does nothing', () => {
  const root = emptyRoot();
  const { status, stdout } = install('--dry-run', '--root', root);
  expect(status).toBe(0);
  for (const what of ['pnpm@', 'tollgate.service', '60-tollgate.conf', 'tollgate.yaml', 'current']) {
    expect(stdout).toMatch(new RegExp(`^would: .*${what}`, 'm'));
  }
  expect(readdirSync(root)).toEqual([]);
});

it('an option it does not know is a mistake, with the usage', () => {
  const { status, stderr } = install('--nonsense');
  expect(status).toBe(2);
  expect(stderr).toMatch(/expected an option listed below, got --nonsense[\s\S]*Usage:/);
});

it('the first configuration is one that Tollgate takes, with the sockets of the units', () => {
  const { config, warnings } = loadConfig({ file: join(DEPLOY, 'tollgate.yaml'), env: {} });
  expect(warnings).toEqual([]);
  const names = config.listen.map(({ address }) => (address.kind === 'systemd' ? address.name : 'none'));
  const units = ['tollgate.socket', 'tollgate-http.socket'].map((name) =>
    readFileSync(join(DEPLOY, 'systemd', name), 'utf8'),
  );
  expect(names.toSorted()).toEqual(
    units.map((text) => /^FileDescriptorName=(.*)$/m.exec(text)?.[1] ?? '').toSorted(),
  );
});

it('the ruleset to read in deploy/nftables is the one of that configuration', async () => {
  const { config } = loadConfig({ file: join(DEPLOY, 'tollgate.yaml'), env: {} });
  const header = [
    'What `tollgate firewall print` makes of deploy/tollgate.yaml: an example to read; a test keeps it so.',
  ];
  await expect(toNft(buildRuleset(policyFrom(config)), header)).toMatchFileSnapshot(
    join(DEPLOY, 'nftables/tollgate.nft'),
  );
});
