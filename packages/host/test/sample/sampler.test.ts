import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSampler } from '../../src/index.ts';
import { stage } from '../support/stage.ts';

it('a row of the live machine holds its CPU, TCP counters and the process that is followed', () => {
  const sampler = openSampler({ processes: { self: process.pid }, kernelLog: true });
  onTestFinished(() => sampler.close());
  const first = sampler.sample();
  for (let until = Date.now() + 50; Date.now() < until;);
  const second = sampler.sample();
  expect(second.cpu?.all.busyMicros).toBeGreaterThan(0);
  expect(second.tcp?.listenDrops).toBeGreaterThanOrEqual(0);
  expect(second.processMicros['self'] ?? 0).toBeGreaterThan(first.processMicros['self'] ?? 0);
  expect(second.atMs).toBeGreaterThan(first.atMs);
});

it('what cannot be read is null in every row and named once among the gaps', () => {
  const sampler = openSampler({ root: stage({}), processes: { gone: 999_999 } });
  onTestFinished(() => sampler.close());
  sampler.sample();
  const row = sampler.sample();
  expect(row).toMatchObject({
    cpu: null,
    conntrack: null,
    tcp: null,
    sockets: null,
    processMicros: { gone: null },
  });
  const paths = sampler.gaps.map((gap) => gap.path);
  expect(paths).toContain('proc/net/stat/nf_conntrack');
  expect(new Set(paths).size).toBe(paths.length);
});

it('a file that is kept open is read anew each time, and found when it comes later', () => {
  const root = stage({});
  const sampler = openSampler({ root });
  onTestFinished(() => sampler.close());
  expect(sampler.sample().cpu).toBeNull();
  mkdirSync(join(root.path, 'proc'), { recursive: true });
  for (const ticks of [100, 250]) {
    writeFileSync(
      join(root.path, 'proc/stat'),
      `cpu  ${ticks} 0 0 900 0 0 0 0\ncpu0 ${ticks} 0 0 900 0 0 0 0\n`,
    );
    expect(sampler.sample().cpu?.all.userMicros).toBe(ticks * 10_000);
  }
});
