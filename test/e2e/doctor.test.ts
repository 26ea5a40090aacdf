// `tollgate doctor` on this machine, whatever state it is in: the shape that scripts rely on, with root and without.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { COMMAND, PATIENCE_MS, site } from '../support/tollgate.ts';

interface Check {
  readonly id: string;
  readonly status: string;
  readonly meaning: string;
  readonly fix: string | null;
}

const doctor = (before: readonly string[], ...args: readonly string[]) =>
  spawnSync(
    before[0] ?? COMMAND,
    [...before.slice(1), ...(before.length > 0 ? [COMMAND] : []), 'doctor', ...args],
    {
      cwd: site(),
      encoding: 'utf8',
      timeout: PATIENCE_MS * 4,
    },
  );

/** User 0 without any of its rights: the checkout may lie where no other user can read it. */
const POWERLESS = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all'] : [];

const checksOf = (text: string): readonly Check[] => {
  const { checks }: { readonly checks: readonly Check[] } = JSON.parse(text);
  return checks;
};

describe('tollgate doctor', () => {
  it.each([
    ['as whoever runs the tests', []],
    ['without the rights of root', POWERLESS],
  ])('%s gives JSON, and exits 1 exactly when a check fails', (_, before) => {
    const { status, stdout } = doctor(before, '--json');
    const checks = checksOf(stdout);
    for (const check of checks) {
      expect(Object.keys(check)).toEqual(
        expect.arrayContaining(['id', 'status', 'value', 'limit', 'meaning', 'fix']),
      );
      expect(['ok', 'warn', 'fail', 'unknown']).toContain(check.status);
      expect(check.meaning).not.toBe('');
    }
    expect(checks.length).toBeGreaterThan(20);
    expect(status).toBe(checks.some((check) => check.status === 'fail') ? 1 : 0);
  });

  it('says of what it may not read that it is unknown', () => {
    const ruleset = checksOf(doctor(POWERLESS, '--json').stdout).find(({ id }) => id === 'ruleset');
    expect(ruleset).toMatchObject({ status: 'unknown', meaning: expect.stringContaining('cannot be read') });
  });

  it('regression: looks at a machine that has no configuration yet, and says that there is none', () => {
    const nowhere = mkdtempSync(join(tmpdir(), 'tollgate-doctor-'));
    onTestFinished(() => rmSync(nowhere, { recursive: true, force: true }));
    const look = (...args: readonly string[]) =>
      spawnSync(COMMAND, ['doctor', '--pid', String(process.pid), ...args], {
        cwd: nowhere,
        env: { ...process.env, TOLLGATE_CONFIG: '' },
        encoding: 'utf8',
        timeout: PATIENCE_MS * 4,
      });
    const { status, stdout, stderr } = look();
    expect(stderr).toBe('');
    expect([0, 1]).toContain(status);
    expect(stdout).toMatch(/conntrack-size[\s\S]*note: no configuration found/);
    const { notes }: { readonly notes: readonly string[] } = JSON.parse(look('--json').stdout);
    expect(notes).toEqual([expect.stringContaining('no configuration found')]);
  });

  it('refuses a rate that is none', () => {
    const { status, stderr } = doctor([], '--rate', 'many');
    expect(status).toBe(2);
    expect(stderr).toContain('expected a whole number above 0');
  });
});
