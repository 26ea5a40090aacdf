// `resolve` against a real name server: dnsmasq, in a namespace whose /etc/resolv.conf names it.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { needs } from '../../../firewall/test/support/needs.ts';
import { temporaryDirectory } from '../support/front.ts';

needs('root', 'dnsmasq', 'unshare', 'ip');

it('follows the addresses of a name, and keeps the last ones when the name server is gone', async () => {
  const directory = temporaryDirectory();
  const resolver = join(directory, 'resolv.conf');
  writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
  const program = join(import.meta.dirname, '../support/dnsFront.ts');
  const steps = [
    'ip link set lo up',
    `mount --bind ${resolver} /etc/resolv.conf`,
    `exec ${process.execPath} --conditions=@tollgate/source ${program} ${directory}`,
  ];
  // The child of a PID namespace of its own: whatever it leaves behind ends with it.
  const args = ['--net', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', steps.join('\n')];
  const { stdout } = await promisify(execFile)('unshare', args, { timeout: 60_000 });
  const byBoth = (...addresses: string[]): string[] =>
    ['http-proxy', 'wire'].flatMap((engine) => addresses.map((address) => `${engine} ${address}`));
  expect(JSON.parse(stdout)).toEqual({
    first: byBoth('127.0.0.1', '127.0.0.2'),
    changed: byBoth('127.0.0.2', '127.0.0.3'),
    withoutDns: byBoth('127.0.0.2', '127.0.0.3'),
  });
});
