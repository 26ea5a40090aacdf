// The command where it is installed rather than checked out: what was built runs without sources, and finds its runtime.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { get } from '../support/client.ts';
import { serve, site } from '../support/tollgate.ts';

const ROOT = join(import.meta.dirname, '../..');
const CLI = join(ROOT, 'packages/cli');

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-install-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The package as a registry would deliver it: no sources, and no runtime beside it. */
function installed(): string {
  const place = join(directory(), 'node_modules/@tollgate/cli');
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(CLI, part), join(place, part), { recursive: true });
  symlinkSync(join(CLI, 'node_modules'), join(place, 'node_modules'));
  return join(place, 'bin/tollgate');
}

/** A `node` that says it is of that version, and no other program but the system's. */
function pathWithNode(version: string): string {
  const place = directory();
  writeFileSync(join(place, 'node'), `#!/bin/sh\necho ${version}\n`);
  chmodSync(join(place, 'node'), 0o755);
  return [place, '/usr/bin', '/bin'].join(delimiter);
}

beforeAll(() => {
  const { status, stdout } = spawnSync('tsc', ['-b', 'tsconfig.build.json'], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`);
}, 120_000);

describe('the installed command', () => {
  it('runs what was built, by the node on PATH', () => {
    const command = installed();
    const env = { PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter) };
    const { status, stdout } = spawnSync(command, ['check'], { cwd: site(), env, encoding: 'utf8' });
    expect(stdout).toContain('no mistakes');
    expect(status).toBe(0);
  });

  it('serves with workers without sources', async () => {
    const command = installed();
    const running = await serve(site(), {
      args: ['--workers', '2'],
      env: { PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter) },
      wrap: ([, ...words]) => [command, ...words],
    });
    expect((await get(running.httpsPort, '/')).body).toBe('hello');
  });

  it('on an old node says which it expects and how to get it', () => {
    const env = { PATH: pathWithNode('18') };
    const { status, stderr } = spawnSync(installed(), ['check'], { cwd: site(), env, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('expected Node 24 or later, got 18');
  });
});

describe('the command of the checkout', () => {
  it('brings its own runtime, whatever node the shell has', () => {
    const env = { PATH: pathWithNode('18') };
    const { status, stdout } = spawnSync(join(CLI, 'bin/tollgate'), ['-V'], { env, encoding: 'utf8' });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(status).toBe(0);
  });

  it('is found through a link, as npx and /usr/local/bin have it', () => {
    const place = directory();
    mkdirSync(join(place, 'bin'));
    symlinkSync(join(CLI, 'bin/tollgate'), join(place, 'bin/tollgate'));
    const { status } = spawnSync(join(place, 'bin/tollgate'), ['-V'], { cwd: '/' });
    expect(status).toBe(0);
  });

  it('is what npx runs before the checkout is set up, and never a package of that name elsewhere', () => {
    const checkout = directory();
    cpSync(join(ROOT, 'package.json'), join(checkout, 'package.json'));
    const command = join(checkout, 'packages/cli/bin/tollgate');
    mkdirSync(dirname(command), { recursive: true });
    writeFileSync(command, '#!/bin/sh\necho the command of the checkout\n', { mode: 0o755 });
    const { stdout } = spawnSync('npx', ['--offline', '--yes', 'tollgate'], {
      cwd: checkout,
      env: { PATH: process.env['PATH'], HOME: checkout },
      encoding: 'utf8',
    });
    expect(stdout).toBe('the command of the checkout\n');
  });
});
