import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { type ApplyResult, type ApplyStep, confirmApply, type RevertResult } from '../../src/index.ts';
import { Namespace } from '../../src/prove/namespace.ts';
import { needs } from '../support/needs.ts';

needs('root', 'nft', 'ip');

const PROGRAM = join(import.meta.dirname, '../support/apply-program.ts');
const REVERT_PROGRAM = join(import.meta.dirname, '../support/revert-program.ts');
const OLD = 'table inet tollgate {\n\tchain old {\n\t\taccept\n\t}\n}\n';
let made = 0;

interface Host {
  readonly namespace: Namespace;
  readonly state: string;
  readonly rules: () => string;
  /** Applies, confirm within `seconds`; `undefined` when it was killed. */
  readonly apply: (seconds: number, mode?: string, killAt?: ApplyStep) => ApplyResult | undefined;
  /** With this directory first in PATH. */
  readonly revert: (path?: string) => RevertResult;
}

/** A machine of its own with an older ruleset of ours and somebody else's table. */
function host({ onTestFinished }: TestContext): Host {
  const namespace = new Namespace(`tgapply${process.pid}x${made++}`);
  onTestFinished(() => namespace.close());
  const state = mkdtempSync(join(tmpdir(), 'tollgate-apply-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  namespace.run('nft', ['-f', '-'], `${OLD}table inet others {\n\tchain keep {\n\t}\n}\n`);
  return {
    namespace,
    state,
    // In the order of names: a table that was put back is listed last.
    rules: () =>
      ['tollgate', 'others']
        .map((table) => namespace.run('nft', ['--stateless', 'list', 'table', 'inet', table]).output)
        .join(''),
    apply: (seconds, mode = 'web-untracked', killAt) => {
      const args = [
        '--conditions=@tollgate/source',
        PROGRAM,
        state,
        String(seconds),
        mode,
        ...(killAt ? [killAt] : []),
      ];
      const { output, message } = namespace.run(process.execPath, args);
      if (message !== '') throw new Error(message);
      return output === '' ? undefined : JSON.parse(output);
    },
    revert: (path = '') => {
      const program = [process.execPath, '--conditions=@tollgate/source', REVERT_PROGRAM, state];
      const { output, message } = namespace.run('env', [`PATH=${path}:${process.env['PATH']}`, ...program]);
      if (message !== '') throw new Error(message);
      return JSON.parse(output);
    },
  };
}

/** A directory with an nft that does what the shell script says; `$REAL` is the real one. */
function otherNft(state: string, script: string): string {
  const directory = join(state, 'other-nft');
  mkdirSync(directory);
  const real = spawnSync('sh', ['-c', 'command -v nft'], { encoding: 'utf8' }).stdout.trim();
  writeFileSync(join(directory, 'nft'), `#!/bin/sh\nREAL=${real}\n${script}\n`, { mode: 0o755 });
  return directory;
}

async function until(holds: () => boolean, seconds: number): Promise<boolean> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await wait(100)) {
    if (holds()) return true;
  }
  return holds();
}

// Side by side: each has a machine of its own, and most of its time is waiting for a deadline.
describe.concurrent('apply', () => {
  it('without a confirm undoes itself, and leaves the table of another owner alone all the while', async (context) => {
    const { rules, apply } = host(context);
    const before = rules();
    expect(apply(2)).toMatchObject({ kind: 'pending', reverter: 'process' });
    expect(rules()).toContain('untrack-web');
    expect(rules()).toContain('table inet others');
    expect(await until(() => rules() === before, 20)).toBe(true);
  });

  it('on a machine that had no ruleset of ours leaves it without one', async (context) => {
    const { namespace, rules, apply } = host(context);
    namespace.run('nft', ['delete', 'table', 'inet', 'tollgate']);
    apply(2);
    expect(rules()).toContain('untrack-web');
    expect(await until(() => !rules().includes('tollgate'), 20)).toBe(true);
  });

  it('stays once it is confirmed, and says what stays', async (context) => {
    const { state, rules, apply } = host(context);
    apply(3);
    const after = rules();
    expect(confirmApply(state)).toMatchObject({
      kind: 'confirmed',
      text: expect.stringContaining('untrack-web'),
    });
    await wait(4000);
    expect(rules()).toBe(after);
    expect(confirmApply(state)).toEqual({ kind: 'nothing-pending' });
  });

  it('is refused while another waits, and welcome when that one is done', async (context) => {
    const { state, rules, apply } = host(context);
    apply(30);
    expect(apply(2, 'stateful')).toMatchObject({
      kind: 'refused',
      reasons: [expect.stringMatching(/waits for its confirm \(\d+ s left\)/)],
    });
    expect(rules()).toContain('untrack-web');
    confirmApply(state);
    expect(apply(2, 'stateful')).toMatchObject({ kind: 'pending' });
    expect(await until(() => rules().includes('untrack-web'), 20)).toBe(true);
  });

  it.for(['checked', 'saved', 'claimed', 'armed', 'applied'] as const)(
    'killed when it has %s leaves the old ruleset, and the next apply works',
    async (step, context) => {
      const { rules, apply } = host(context);
      const before = rules();
      expect(apply(2, 'web-untracked', step)).toBeUndefined();
      expect(await until(() => rules() === before, 20)).toBe(true);
      // The deadline and the grace for a reverter that is late.
      await wait(step === 'claimed' ? 4500 : 0);
      expect(await until(() => apply(2)?.kind === 'pending', 20)).toBe(true);
      expect(await until(() => rules() === before, 20)).toBe(true);
    },
  );

  it('whose reverter was killed is undone by the next apply, or by hand', async (context) => {
    const { state, rules, apply } = host(context);
    const before = rules();
    apply(3);
    const reverter = spawnSync('pgrep', ['-f', `sh ${state}/`], { encoding: 'utf8' }).stdout.trim();
    expect(reverter).toMatch(/^\d+$/);
    process.kill(Number(reverter), 'SIGKILL');
    await wait(5500);
    expect(rules()).not.toBe(before);
    expect(apply(2)?.kind).toBe('pending');
    expect(await until(() => rules() === before, 20)).toBe(true);
  });

  it('reverted by hand is as it was before, and the reverter does nothing more', async (context) => {
    const { rules, apply, revert } = host(context);
    const before = rules();
    apply(30);
    expect(revert()).toEqual({ kind: 'reverted' });
    expect(rules()).toBe(before);
    expect(revert()).toEqual({ kind: 'nothing-pending' });
  });

  it('regression: a revert that fails disarms nothing: the reverter still undoes it', async (context) => {
    const { state, rules, apply, revert } = host(context);
    const before = rules();
    apply(5);
    expect(revert(otherNft(state, 'cat > /dev/null; echo broken >&2; exit 1'))).toEqual({
      kind: 'failed',
      message: 'broken',
    });
    expect(confirmApply(state)).toEqual({ kind: 'too-late' });
    expect(rules()).toContain('untrack-web');
    expect(await until(() => rules() === before, 20)).toBe(true);
  });

  it('regression: a revert that failed can be tried again', (context) => {
    const { state, rules, apply, revert } = host(context);
    const before = rules();
    apply(60);
    expect(revert(otherNft(state, 'cat > /dev/null; exit 1')).kind).toBe('failed');
    expect(revert()).toEqual({ kind: 'reverted' });
    expect(rules()).toBe(before);
  });

  it.for([
    ['no longer loads', (path: string) => writeFileSync(path, 'nonsense\n')],
    ['is lost', (path: string) => rmSync(path)],
  ] as const)(
    'regression: when the ruleset before it %s, a revert takes the table away and says so',
    ([, spoil], context) => {
      const { state, rules, apply, revert } = host(context);
      apply(60);
      const saved = readdirSync(state).find((name) => name.endsWith('before.nft')) ?? '';
      spoil(join(state, saved));
      expect(revert()).toMatchObject({ kind: 'removed' });
      expect(rules()).not.toContain('table inet tollgate');
      expect(rules()).toContain('table inet others');
    },
  );

  it('regression: is refused when what is loaded cannot be listed: nothing could bring it back', (context) => {
    const { namespace, state, rules } = host(context);
    const before = rules();
    const path = otherNft(
      state,
      'case "$*" in *"list table"*) echo broken >&2; exit 1;; esac; exec $REAL "$@"',
    );
    const program = ['--conditions=@tollgate/source', PROGRAM, state, '5', 'stateful'];
    const { output } = namespace.run('env', [
      `PATH=${path}:${process.env['PATH']}`,
      process.execPath,
      ...program,
    ]);
    expect(JSON.parse(output)).toEqual({
      kind: 'refused',
      reasons: [expect.stringMatching(/no way back.*broken/)],
    });
    expect(rules()).toBe(before);
  });

  it('regression: finds nft, and its way back, where PATH leaves the programs of root out', async (context) => {
    const { namespace, state, rules } = host(context);
    const before = rules();
    const program = ['--conditions=@tollgate/source', PROGRAM, state, '2', 'stateful'];
    const { output } = namespace.run('env', ['PATH=/usr/bin:/bin', process.execPath, ...program]);
    expect(JSON.parse(output)).toMatchObject({ kind: 'pending' });
    expect(rules()).not.toBe(before);
    expect(await until(() => rules() === before, 20)).toBe(true);
  });

  it('is refused under notrack for a port that a container publishes', (context) => {
    const { namespace, rules, apply } = host(context);
    namespace.run(
      'nft',
      ['-f', '-'],
      'table ip nat {\n\tchain pre {\n\t\ttype nat hook prerouting priority dstnat;\n\t\ttcp dport 443 dnat to 172.17.0.2\n\t}\n}\n',
    );
    expect(apply(2)).toMatchObject({
      kind: 'refused',
      reasons: [expect.stringContaining('port 443 is published')],
    });
    expect(rules()).toContain('chain old');
    expect(apply(2, 'stateful')).toMatchObject({ kind: 'pending' });
  });

  it('sees a port that was published by way of iptables', (context) => {
    const { namespace, state, apply } = host(context);
    namespace.run('iptables', [
      '-t',
      'nat',
      '-A',
      'PREROUTING',
      '-p',
      'tcp',
      '--dport',
      '80',
      '-j',
      'DNAT',
      '--to',
      '172.17.0.2',
    ]);
    const refused = { kind: 'refused', reasons: [expect.stringContaining('port 80 is published')] };
    expect(apply(2)).toMatchObject(refused);
    // As `su` leaves PATH on Debian: iptables-save is found all the same.
    const program = ['--conditions=@tollgate/source', PROGRAM, state, '2', 'web-untracked'];
    const { output } = namespace.run('env', ['PATH=/usr/bin:/bin', process.execPath, ...program]);
    expect(JSON.parse(output)).toMatchObject(refused);
  });

  it('is refused on a host that could not find its way back', (context) => {
    const { namespace, state, rules } = host(context);
    const before = rules();
    // nft alone: there is no sh to run the way back.
    const only = `${state}/only-nft`;
    spawnSync('sh', ['-c', `mkdir ${only} && ln -s "$(command -v nft)" ${only}/nft`]);
    const program = ['--conditions=@tollgate/source', PROGRAM, state, '5', 'stateful'];
    const { output } = namespace.run('env', [`PATH=${only}`, process.execPath, ...program]);
    expect(JSON.parse(output)).toEqual({
      kind: 'refused',
      reasons: [expect.stringContaining('no way back')],
    });
    expect(rules()).toBe(before);
  });

  it('leaves no file behind when it is done', async (context) => {
    const { state, apply } = host(context);
    apply(2);
    expect(await until(() => readdirSync(state).every((name) => name === 'lock'), 20)).toBe(true);
  });
});
