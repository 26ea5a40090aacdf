// A disk that is really full, and then is not: a tmpfs of 512 KB in a mount namespace of its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const WRITER = join(import.meta.dirname, '../support/disk-writer.ts');
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

describe.skipIf(!canMount && process.env['CI'] !== 'true')('a full disk (needs root: unshare -m)', () => {
  it('costs lines, which are counted; once there is space, lines are written again, none of them torn', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tollgate-full-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const disk = join(directory, 'disk');
    const report = join(directory, 'report');
    const script = 'mkdir "$1" && mount -t tmpfs -o size=512k tollgate "$1" && shift && exec "$@"';
    const command = [process.execPath, '--conditions=@tollgate/source', WRITER, disk, report];
    const { status, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', disk, ...command]);
    expect(stderr.toString()).toContain('"cause":"ENOSPC"');
    expect(status).toBe(0);

    const { counters, written } = JSON.parse(readFileSync(report, 'utf8'));
    const lines = written.trimEnd().split('\n');
    expect(counters.failedWrites).toBeGreaterThan(0);
    expect(counters.dropped).toBeGreaterThan(0);
    expect(lines).toHaveLength(counters.written);
    expect(counters.written + counters.dropped).toBe(counters.appended);
    expect(lines.map((line: string) => JSON.parse(line).path).at(-1)).toBe('/after');
  });
});
