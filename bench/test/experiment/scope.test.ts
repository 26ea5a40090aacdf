import { mkdirSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Scope } from '../../src/lab/scope.ts';
import { openWorkplace, sweepStale } from '../../src/lab/workplace.ts';

describe('a scope', () => {
  it('closes in reverse order, once', async () => {
    const scope = new Scope();
    const closed: number[] = [];
    for (const index of [1, 2, 3]) scope.defer(() => void closed.push(index));
    await Promise.all([scope.close(), scope.close()]);
    expect(closed).toEqual([3, 2, 1]);
  });

  it('goes on when a teardown fails, and says so at the end', async () => {
    const scope = new Scope();
    const closed: string[] = [];
    scope.defer(() => void closed.push('first'));
    scope.defer(() => Promise.reject(new Error('stuck')));
    scope.defer(() => void closed.push('last'));
    await expect(scope.close()).rejects.toThrow('the laboratory was not cleared');
    expect(closed).toEqual(['last', 'first']);
  });

  it('tears down at once what is opened after it has closed', async () => {
    const scope = new Scope();
    await scope.close();
    let closed = false;
    scope.defer(() => {
      closed = true;
    });
    await scope.close();
    expect(closed).toBe(true);
  });

  it('closes a part alone, and the part with the whole only if it is still open', async () => {
    const whole = new Scope();
    const closed: string[] = [];
    const part = whole.child();
    const other = whole.child();
    part.defer(() => void closed.push('part'));
    other.defer(() => void closed.push('other'));
    await part.close();
    expect(closed).toEqual(['part']);
    await whole.close();
    expect(closed).toEqual(['part', 'other']);
  });
});

describe.skipIf(process.platform !== 'linux')('a workplace', () => {
  it('is gone with its scope', async () => {
    const scope = new Scope();
    const directory = openWorkplace(scope);
    expect(existsSync(directory)).toBe(true);
    await scope.close();
    expect(existsSync(directory)).toBe(false);
  });

  it('is swept when its owner is dead, or was another process with the same number', async () => {
    const scope = new Scope();
    const own = openWorkplace(scope);
    // No process has number 4194304: it is the kernel's own upper bound (PID_MAX_LIMIT).
    const dead = join(tmpdir(), 'tollgate-lab-4194304-5-test');
    const reused = join(tmpdir(), `tollgate-lab-${process.pid}-1-test`);
    for (const directory of [dead, reused]) mkdirSync(directory);
    const swept = sweepStale();
    expect(swept).toEqual(
      expect.arrayContaining(['tollgate-lab-4194304-5-test', `tollgate-lab-${process.pid}-1-test`]),
    );
    expect([existsSync(own), existsSync(dead), existsSync(reused)]).toEqual([true, false, false]);
    await scope.close();
  });
});
