// `tollgate doctor` beside real namespaces: the rules that are loaded there, the ports that listen there, a queue that overflows there.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { COMMAND, config, killGroup, PATIENCE_MS, run, site } from '../support/tollgate.ts';

const able = spawnSync('unshare', ['-n', 'nft', 'list', 'ruleset']).status === 0;

/** Listens on 443, which the configuration names, and on 3306, which it does not; then it accepts nobody any more. */
const STUCK_SERVER = `
const { createServer } = require('node:net');
createServer().listen({ port: 443, backlog: 4 }, () =>
  createServer().listen(3306, () => {
    process.stdout.write('listening\\n');
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  }),
);`;

/** A network namespace in which that server lives. Its process is the namespace's way in. */
async function inhabited(rules: string): Promise<ChildProcess> {
  const script = `ip link set lo up && printf '%s' "$1" | nft -f - && exec "$0" -e "$2"`;
  const child = spawn('unshare', ['-n', 'sh', '-c', script, process.execPath, rules, STUCK_SERVER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error('the server of the namespace did not start')));
  });
  return child;
}

const ownSite = (): string =>
  site({ 'tollgate.yaml': config().replace(/^listen:.*$/m, "listen: { https: '443', http: '80' }") });

interface Check {
  readonly id: string;
  readonly status: string;
  readonly meaning: string;
}

/** From outside, by the number of a process there. */
async function checksOf({ pid }: ChildProcess, directory: string): Promise<readonly Check[]> {
  const { stdout } = await run(directory, ['doctor', '--json', '--pid', String(pid)]);
  const { checks }: { readonly checks: readonly Check[] } = JSON.parse(stdout);
  return checks;
}

const input = (policy: 'accept' | 'drop', ...rules: readonly string[]): string =>
  `table inet x {\n chain input {\n  type filter hook input priority 0; policy ${policy};\n  ${rules.join('\n  ')}\n }\n}\n`;
const ICMP = 'meta l4proto { icmp, ipv6-icmp } accept';

/** The ruleset that is loaded, and what two of the checks make of it. */
const LOADED = [
  ['', 'ruleset ok', 'fail'],
  [input('accept'), 'ruleset ok', 'fail'],
  [
    input(
      'drop',
      'iif lo accept',
      ICMP,
      'ct state established,related accept',
      'tcp dport { 22, 443 } accept',
    ),
    'ruleset-web-tracked warn',
    'warn',
  ],
  [
    input('drop', 'iif lo accept', 'ct state established accept', 'tcp dport { 22, 443 } accept'),
    'ruleset-path-mtu-black-hole fail',
    'warn',
  ],
] as const;

describe.skipIf(!able && process.env['CI'] !== 'true')('tollgate doctor (needs root and nft)', () => {
  it('judges the rules of a namespace, and by them the ports that listen there', async () => {
    const directory = ownSite();
    const looks = LOADED.map(async ([rules]) => checksOf(await inhabited(rules), directory));
    for (const [at, checks] of (await Promise.all(looks)).entries()) {
      const [, ruleset, exposed] = LOADED[at] ?? [];
      expect(checks.map(({ id, status }) => `${id} ${status}`)).toEqual(
        expect.arrayContaining([ruleset, `exposed-ports ${exposed}`]),
      );
      expect(checks.find(({ id }) => id === 'exposed-ports')?.meaning).toContain('tcp 3306');
    }
  });

  it('--watch names the bottleneck while clients meet a server that does not accept', async () => {
    const server = await inhabited('');
    const watch = spawn(COMMAND, ['doctor', '--watch', '--pid', String(server.pid)], {
      cwd: ownSite(),
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    onTestFinished(() => killGroup(watch));
    const said: string[] = [];
    createInterface({ input: watch.stdout }).on('line', (line) => said.push(line));
    const clients = `const { connect } = require('node:net');
      setInterval(() => connect(443, '127.0.0.1').on('error', () => {}), 20);`;
    const crowd = spawn('nsenter', ['-t', String(server.pid), '-n', process.execPath, '-e', clients], {
      stdio: 'ignore',
    });
    onTestFinished(() => void crowd.kill('SIGKILL'));
    await expect
      .poll(() => said.at(-1), { timeout: PATIENCE_MS })
      .toMatch(/^\d\d:\d\d:\d\d fail listen-overflows: listeners are dropping connections now/);
  });
});
