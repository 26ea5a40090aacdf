// The store holds its bound whatever is asked of it, and keeps what is in demand.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/cache/memory.ts';
import { stored, type StoredAnswer } from '../../src/cache/stored.ts';

const answer = (key: string, size: number, variant = ''): StoredAnswer =>
  stored(
    {
      key,
      selecting: variant === '' ? [] : ['x'],
      variant,
      status: 200,
      fields: [],
      receivedMs: 0,
      freshness: { lifetimeMs: 1000, initialAgeMs: 0, by: 'answer' },
      validated: false,
      staleMs: { whileRevalidate: 0, ifError: 0 },
    },
    Buffer.alloc(size),
  );

describe('the store in memory', () => {
  it('holds no more bytes than allowed, under any order of use', () => {
    const key = fc.integer({ min: 0, max: 40 }).map((number) => `k${number}`);
    const variant = fc.constantFrom('', 'x=1', 'x=2');
    const act = fc.oneof(
      fc.record({
        kind: fc.constant('put' as const),
        key,
        variant,
        size: fc.integer({ min: 0, max: 30_000 }),
      }),
      fc.record({ kind: fc.constant('use' as const), key }),
      fc.record({ kind: fc.constant('delete' as const), key }),
      fc.record({ kind: fc.constant('reserve' as const), size: fc.integer({ min: 1, max: 40_000 }) }),
      fc.record({ kind: fc.constant('release' as const) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
        const store = new MemoryStore(100_000);
        const reserved: number[] = [];
        for (const one of acts) {
          if (one.kind === 'put') store.put(answer(one.key, one.size, one.variant));
          else if (one.kind === 'use') for (const found of store.variants(one.key)) store.touch(found);
          else if (one.kind === 'delete') store.delete(one.key);
          else if (one.kind === 'reserve') {
            if (store.reserve(one.size)) reserved.push(one.size);
          } else store.release(reserved.pop() ?? 0);
          expect(store.bytes).toBeLessThanOrEqual(100_000);
          expect(store.bytes).toBe(countedAnew(store, reserved));
        }
        store.deleteWhere(() => true);
        expect(store.entries).toBe(0);
        expect(store.bytes).toBe(reserved.reduce((sum, size) => sum + size, 0));
      }),
    );
  });

  it('keeps what is used again when many others are asked for once', () => {
    const store = new MemoryStore(50_000);
    const hot = answer('hot', 1000);
    store.put(hot);
    store.touch(hot);
    for (let number = 0; number < 1000; number++) store.put(answer(`once ${number}`, 1000));
    expect(store.variants('hot')).toEqual([hot]);
    expect(store.evictions).toBeGreaterThan(900);
  });

  it('lets go of what was in demand once it is not any more', () => {
    const store = new MemoryStore(50_000);
    for (let number = 0; number < 1000; number++) {
      const used = answer(`used ${number}`, 1000);
      store.put(used);
      store.touch(used);
    }
    expect(store.variants('used 0')).toEqual([]);
    expect(store.variants('used 999')).toHaveLength(1);
  });

  it('takes nothing that is larger than itself, and pushes nothing out for it', () => {
    const store = new MemoryStore(50_000);
    store.put(answer('small', 10));
    expect(store.put(answer('large', 60_000))).toBe(false);
    expect(store.variants('small')).toHaveLength(1);
    expect(store.reserve(50_001)).toBe(false);
  });

  it('keeps a bounded number of variants of one address', () => {
    const store = new MemoryStore(10_000_000);
    for (let number = 0; number < 500; number++) store.put(answer('page', 1, `x=${number}`));
    expect(store.variants('page').length).toBeLessThanOrEqual(64);
    expect(store.variants('page').at(-1)?.variant).toBe('x=499');
  });
});

function countedAnew(store: MemoryStore, reserved: readonly number[]): number {
  const keys = Array.from({ length: 41 }, (_, number) => `k${number}`);
  const kept = keys.flatMap((key) => store.variants(key)).reduce((sum, { bytes }) => sum + bytes, 0);
  return kept + reserved.reduce((sum, size) => sum + size, 0);
}
