// Lines that journald threw away, as its own journal tells: real journal files, written by systemd's tool, read by journalctl.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherFacts, type HostRoot, readSuppressions, runChecks, viewOf } from '../../src/index.ts';
import { files } from '../support/healthy.ts';
import { stage } from '../support/stage.ts';

const WRITER = '/lib/systemd/systemd-journal-remote';
const able = existsSync(WRITER) && spawnSync('journalctl', ['--version']).status === 0;

/** What journald of that machine said a minute ago. */
function journalOf(...said: readonly string[]): HostRoot {
  const root = stage(files());
  const journal = join(root.path, 'var/log/journal');
  mkdirSync(journal, { recursive: true });
  const micros = (Date.now() - 60_000) * 1000;
  const entries = said.map(
    (message, at) =>
      `__REALTIME_TIMESTAMP=${micros + at}\n__MONOTONIC_TIMESTAMP=${at + 1}\n` +
      `_BOOT_ID=6ffd1ba4f2a64d3c9f1a0c3a1f9b0001\n_COMM=systemd-journal\nMESSAGE=${message}\n`,
  );
  const written = spawnSync(WRITER, ['-o', join(journal, 'system.journal'), '-'], {
    input: `${entries.join('\n')}\n`,
    encoding: 'utf8',
  });
  expect(written).toMatchObject({ status: 0 });
  return root;
}

function checkOf(...said: readonly string[]) {
  const root = journalOf(...said);
  const facts = gatherFacts({ root, journal: true });
  return runChecks(viewOf(facts, facts, { namedPorts: [443] })).find(({ id }) => id === 'journal-suppressed');
}

describe.skipIf(!able && process.env['CI'] !== 'true')(
  `journal-suppressed (needs journalctl and ${WRITER})`,
  () => {
    it('ok: journald has said other things only', () => {
      expect(checkOf('System Journal is 8.0M')).toMatchObject({ status: 'ok', value: 0, fix: null });
    });

    it('is told with its moment and its unit to whoever asks since when', () => {
      const startMs = Date.now();
      const root = journalOf('System Journal is 8.0M', 'Suppressed 4711 messages from site.service');
      const told = readSuppressions(root, startMs - 61_000);
      expect(told.ok && told.value).toEqual([
        { atMs: expect.closeTo(startMs - 60_000, -4), messages: 4711, unit: 'site.service' },
      ]);
      expect(readSuppressions(root, startMs - 30_000)).toEqual({ ok: true, value: [] });
    });

    it.each([
      ['warn', ['Suppressed 4711 messages from site.service'], 4711],
      [
        'fail',
        ['Suppressed 9000 messages from a.service', 'Suppressed 1000 messages from site.service'],
        10_000,
      ],
    ])('%s: %j', (status, said, value) => {
      expect(checkOf(...said)).toMatchObject({
        status,
        value,
        meaning: expect.stringContaining('of site.service'),
        fix: expect.stringContaining('LogNamespace='),
      });
    });
  },
);
