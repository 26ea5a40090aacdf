import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FileWatch, type WatchOptions } from '../../src/serve/watch.ts';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-watch-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function watching(paths: readonly string[], options: Partial<WatchOptions> = {}): () => number {
  let changes = 0;
  const watch = new FileWatch(
    () => {
      changes += 1;
    },
    { settleMs: 50, pollMs: 60_000, ...options },
  );
  onTestFinished(() => watch.close());
  watch.follow(paths);
  return () => changes;
}

describe('changed certificate files', () => {
  it('are noticed when they are written in place', async () => {
    const file = join(directory(), 'cert.pem');
    writeFileSync(file, 'old');
    const changes = watching([file]);
    writeFileSync(file, 'new one');
    await vi.waitFor(() => expect(changes()).toBe(1));
  });

  it('are noticed when they become readable to another group, as a renewal hook has it', async () => {
    const file = join(directory(), 'key.pem');
    writeFileSync(file, 'key', { mode: 0o600 });
    const changes = watching([file]);
    chmodSync(file, 0o640);
    await vi.waitFor(() => expect(changes()).toBe(1));
  });

  it('are noticed when they are replaced by a rename', async () => {
    const file = join(directory(), 'cert.pem');
    writeFileSync(file, 'old');
    const changes = watching([file]);
    writeFileSync(`${file}.new`, 'new');
    renameSync(`${file}.new`, file);
    await vi.waitFor(() => expect(changes()).toBe(1));
  });

  it('count once for a certificate and its key written one after the other', async () => {
    const place = directory();
    const files = [join(place, 'cert.pem'), join(place, 'key.pem')];
    for (const file of files) writeFileSync(file, 'old');
    const changes = watching(files, { settleMs: 200 });
    for (const file of files) {
      writeFileSync(file, 'new one');
      await sleep(30);
    }
    await vi.waitFor(() => expect(changes()).toBe(1));
    await sleep(300);
    expect(changes()).toBe(1);
  });

  it('are noticed behind a link whose target moved (Kubernetes swaps ..data)', async () => {
    const place = directory();
    for (const version of ['1', '2']) {
      mkdirSync(join(place, version));
      writeFileSync(join(place, version, 'cert.pem'), `version ${version}`);
    }
    symlinkSync('1', join(place, '..data'));
    symlinkSync('..data/cert.pem', join(place, 'cert.pem'));
    const changes = watching([join(place, 'cert.pem')]);
    symlinkSync('2', join(place, '..data.new'));
    renameSync(join(place, '..data.new'), join(place, '..data'));
    await vi.waitFor(() => expect(changes()).toBe(1));
  });

  it('are noticed by looking where no event comes: the link is elsewhere than the file', async () => {
    const place = directory();
    mkdirSync(join(place, 'archive'));
    mkdirSync(join(place, 'live'));
    const target = join(place, 'archive', 'cert.pem');
    writeFileSync(target, 'old');
    symlinkSync(target, join(place, 'live', 'cert.pem'));
    const changes = watching([join(place, 'live', 'cert.pem')], { pollMs: 30 });
    writeFileSync(target, 'new one');
    await vi.waitFor(() => expect(changes()).toBe(1));
  });

  it('do not count when another file of the directory changes', async () => {
    const place = directory();
    writeFileSync(join(place, 'cert.pem'), 'same');
    const changes = watching([join(place, 'cert.pem')], { pollMs: 20 });
    writeFileSync(join(place, 'other'), 'x');
    await sleep(200);
    expect(changes()).toBe(0);
  });

  it('that are missing are waited for', async () => {
    const file = join(directory(), 'later', 'cert.pem');
    const changes = watching([file], { pollMs: 20 });
    mkdirSync(join(file, '..'));
    writeFileSync(file, 'here');
    await vi.waitFor(() => expect(changes()).toBe(1));
  });
});
