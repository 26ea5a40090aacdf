// What is kept of files in memory: for how long, how much, and nothing that belongs to another coding.
import { expect, it } from 'vitest';
import { RecentFiles, SMALL_BYTES } from '../../../src/target/files/recentFiles.ts';
import type { FoundFile } from '../../../src/target/files/foundFile.ts';

const file = (size: number): FoundFile => ({
  type: 'text/plain',
  coding: undefined,
  varies: true,
  size,
  mtimeMs: 0,
  etag: '"x"',
  content: Buffer.alloc(size),
});

it('a file is known for a second, for the same codings only', () => {
  let now = 0;
  const recent = new RecentFiles(() => now);
  const kept = file(10);
  recent.keep('a.txt', ['br'], kept);
  now = 999;
  expect(recent.get('a.txt', ['br'])).toBe(kept);
  expect(recent.get('a.txt', [])).toBeUndefined();
  expect(recent.get('b.txt', ['br'])).toBeUndefined();
  now = 1000;
  expect(recent.get('a.txt', ['br'])).toBeUndefined();
});

it('large files are not kept', () => {
  const recent = new RecentFiles();
  recent.keep('large', [], file(SMALL_BYTES + 1));
  expect(recent.get('large', [])).toBeUndefined();
  expect(recent.bytes).toBe(0);
});

it('the oldest make room, and memory has a bound', () => {
  const recent = new RecentFiles(() => 0);
  for (let count = 0; count < 1000; count++) recent.keep(`${count}`, [], file(SMALL_BYTES));
  expect(recent.bytes).toBeLessThanOrEqual(16 * 1024 * 1024);
  expect(recent.get('0', [])).toBeUndefined();
  expect(recent.get('999', [])).toBeDefined();
});

it('a file kept anew takes the place of its former self; if not a byte has changed, as the same object', () => {
  const recent = new RecentFiles(() => 0);
  const former = file(100);
  recent.keep('a', [], former);
  const once = recent.bytes;
  recent.keep('a', [], file(100));
  expect(recent.bytes).toBe(once);
  expect(recent.get('a', [])).toBe(former);
  // As `cp -p` leaves it: same time, same size.
  const changed = { ...file(100), content: Buffer.alloc(100, 'x') };
  recent.keep('a', [], changed);
  expect(recent.get('a', [])).toBe(changed);
});

it('the first who asks for a file after half a second is told, so that nobody has to wait for it', () => {
  let now = 0;
  let told = 0;
  const recent = new RecentFiles(() => now);
  const ask = (): unknown => recent.get('a', [], () => told++);
  recent.keep('a', [], file(10));
  now = 499;
  ask();
  expect(told).toBe(0);
  now = 500;
  ask();
  ask();
  expect(told).toBe(1);
  recent.keep('a', [], file(10));
  now = 1000;
  expect(ask()).toBeDefined();
  expect(told).toBe(2);
});
