// `tollgate firewall` on a machine of its own: a network and mount namespace, so that no rule or state of this one is touched.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND, run, site } from '../support/tollgate.ts';

const able = spawnSync('unshare', ['-nm', 'nft', 'list', 'ruleset']).status === 0;

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** `$t` is the command; /run is empty. */
function onAMachine(directory: string, script: string): Outcome {
  const whole = `mount -t tmpfs tollgate /run || exit 99; ${script}`;
  const { status, stdout, stderr } = spawnSync('unshare', ['-nm', 'sh', '-c', whole], {
    cwd: directory,
    env: { PATH: process.env['PATH'], t: COMMAND, NO_COLOR: '1' },
    timeout: 120_000,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

describe.skipIf(!able && process.env['CI'] !== 'true')('tollgate firewall (needs root and nft)', () => {
  it('apply, then confirm: the ruleset stays', () => {
    const { status, output } = onAMachine(
      site(),
      '"$t" firewall apply --confirm 10 && "$t" firewall confirm && sleep 12 && "$t" firewall status',
    );
    expect(output).toMatch(/undone in 10 s .*unless you confirm/);
    expect(output).toContain('table inet tollgate: loaded');
    expect(status).toBe(0);
  });

  it('apply without confirm: it undoes itself, and a confirm comes too late', () => {
    const { output } = onAMachine(
      site(),
      '"$t" firewall apply --confirm 5; "$t" firewall status; sleep 8; "$t" firewall status; "$t" firewall confirm',
    );
    expect(output).toMatch(
      /: loaded\nan apply waits for its confirm: \d s left[\s\S]*: not loaded[\s\S]*nothing waits/,
    );
  });

  it('revert: undone at once', () => {
    const { output } = onAMachine(
      site(),
      '"$t" firewall apply && "$t" firewall revert; "$t" firewall status',
    );
    expect(output).toMatch(/as it was before\.\ntable inet tollgate: not loaded/);
  });

  it('regression: confirm, revert and status of whoever is not root say that root is expected, not that nothing waits', () => {
    const { output } = onAMachine(
      site(),
      // User 0 without its rights, before a directory of another: the checkout may lie where no other user can read it.
      '"$t" firewall apply --confirm 10 && chown -R 65534 /run/tollgate-firewall; ' +
        'for what in confirm revert status "status --json"; do ' +
        'setpriv --bounding-set=-all "$t" firewall $what 2>&1; echo "$what: $?"; done',
    );
    for (const what of ['confirm', 'revert', 'status', 'status --json']) {
      expect(output).toMatch(new RegExp(`expected root.*\\n${what}: 1$`, 'm'));
    }
    expect(output).not.toContain('nothing waits');
  });

  it('regression: how to take a confirmed ruleset away names the file that is loaded at the next start', () => {
    const { status, output } = onAMachine(site(), '"$t" firewall revert');
    expect(status).toBe(1);
    expect(output).toContain('nft delete table inet tollgate; rm -f /etc/tollgate/firewall.nft');
  });

  it('what would cut the ssh session it is typed in is refused, in words', () => {
    const { status, output } = onAMachine(
      site(),
      'SSH_CONNECTION="203.0.113.7 50000 203.0.113.1 2222" "$t" firewall apply',
    );
    expect(status).toBe(1);
    expect(output).toMatch(/refused: .*203\.0\.113\.7.*port 2222.*would be cut/);
  });

  it('check finds nothing in our own ruleset, and the faults of a naive one', async () => {
    const directory = site();
    expect(await run(directory, ['firewall', 'check'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing is wrong'),
    });
    const naive = 'table inet x {\n chain y {\n  type filter hook input priority 0; policy drop;\n }\n}\n';
    writeFileSync(join(directory, 'naive.nft'), naive);
    const { code, stdout } = await run(directory, ['firewall', 'check', 'naive.nft']);
    expect(code).toBe(1);
    expect(stdout).toContain('error: loopback-dropped');
    expect(stdout).toContain('mend: ');
  });

  it('print changes nothing and knows every format', async () => {
    const directory = site();
    for (const format of ['nft', 'iptables', 'linode', 'gcp']) {
      const { code, stdout } = await run(directory, ['firewall', 'print', '--format', format]);
      expect(code).toBe(0);
      expect(stdout.length).toBeGreaterThan(100);
    }
    expect((await run(directory, ['firewall', 'print', '--format', 'pf'])).code).toBe(2);
  });
});
