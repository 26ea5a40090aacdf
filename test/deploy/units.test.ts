import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const UNITS = globSync('systemd/*', { cwd: DEPLOY }).toSorted();
const analyze = (...args: readonly string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });

describe('the systemd units', () => {
  beforeEach((context) => {
    if (analyze('--version').status === 0) return;
    if (process.env['CI'] === 'true') throw new Error('needs systemd-analyze, which CI must have');
    context.skip('needs systemd-analyze');
  });

  it('are clean to systemd-analyze verify, which exits 0 for keys it does not know', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tollgate-units-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    for (const unit of UNITS) {
      // It wants the programs to be there, which the checkout does not install.
      const text = readFileSync(join(DEPLOY, unit), 'utf8').replace(/^(ExecSt\w+=)\S+/gm, '$1/bin/true');
      writeFileSync(join(directory, basename(unit)), text);
    }
    const { stdout, stderr } = analyze('verify', ...UNITS.map((unit) => join(directory, basename(unit))));
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('tollgate'))).toEqual([]);
  });

  it('give the service an exposure of at most 1.5', () => {
    const { stdout } = analyze(
      'security',
      '--offline=true',
      '--no-pager',
      join(DEPLOY, 'systemd/tollgate.service'),
    );
    expect(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThanOrEqual(1.5);
  });
});

it('the service never asks for what ends Node at start', () => {
  const text = readFileSync(join(DEPLOY, 'systemd/tollgate.service'), 'utf8');
  expect(text).not.toMatch(/^(MemoryDenyWriteExecute|LimitAS)=/m);
});

it('each sysctl has its reason on the lines above it', () => {
  const lines = readFileSync(join(DEPLOY, 'sysctl/60-tollgate.conf'), 'utf8').split('\n');
  const settings = lines.flatMap((line, at) =>
    /^[a-z]/.test(line) ? [{ line, above: lines[at - 1] ?? '' }] : [],
  );
  expect(settings.length).toBeGreaterThan(3);
  expect(settings.filter(({ above }) => !above.startsWith('# '))).toEqual([]);
});
