import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
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

/** A checkout that is built already, with a package manager that has nothing to do. */
function builtCheckout(): { readonly checkout: string; readonly programs: string } {
  const checkout = emptyRoot();
  const cli = join(checkout, 'packages/cli');
  for (const part of ['bin', 'dist', 'assets']) mkdirSync(join(cli, part), { recursive: true });
  cpSync(DEPLOY, join(checkout, 'deploy'), { recursive: true });
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'LICENSE', 'packages/cli/package.json'])
    writeFileSync(join(checkout, name), '');
  writeFileSync(join(checkout, 'package.json'), '{\n  "packageManager": "pnpm@1.0.0"\n}\n');
  const programs = join(checkout, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'npx'), '#!/bin/sh\necho /store/v1\n', { mode: 0o755 });
  return { checkout, programs };
}

it('regression: after a way back, the next install keeps the release one went back to, and not the bad one', () => {
  const { checkout, programs } = builtCheckout();
  const root = emptyRoot();
  const opt = join(root, 'opt/tollgate');
  for (const name of ['20260101-000000', '20260102-000000', '20260103-000000'])
    mkdirSync(join(opt, 'releases', name), { recursive: true });
  symlinkSync('releases/20260102-000000', join(opt, 'current'));
  const { status, stderr } = spawnSync('sh', [join(checkout, 'deploy/install.sh'), '--root', root], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${programs}:${process.env['PATH']}` },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const fresh = basename(readlinkSync(join(opt, 'current')));
  expect(fresh > '20260103').toBe(true);
  expect(readdirSync(join(opt, 'releases')).toSorted()).toEqual(['20260102-000000', fresh]);
});
