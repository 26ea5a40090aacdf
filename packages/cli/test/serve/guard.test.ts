import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { watchMachine } from '../../src/serve/guard.ts';

it('writes to the event log before the connection table is full, and keeps the last look for the status', async () => {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-guard-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  };
  write('proc/sys/net/netfilter/nf_conntrack_max', '1000\n');
  write('proc/net/stat/nf_conntrack', `entries drop\n${(950).toString(16)} 0\n`);
  const told: unknown[] = [];
  const tell = (level: string) => (fields: object, text: string) =>
    void told.push({ level, text, ...fields });
  const log = { info: tell('info'), warn: tell('warn'), error: tell('error') };
  const watch = watchMachine(log, () => new Set([443]), { path });
  onTestFinished(() => watch.close());
  await vi.waitFor(() => expect(told).toHaveLength(1), { timeout: 10_000 });
  expect(told).toEqual([
    { level: 'error', guard: 'conntrack', percent: 95, text: expect.stringContaining('950 of 1000 entries') },
  ]);
  expect(watch.reading?.conntrack).toEqual({ entries: 950, max: 1000 });
});
