// The open loop on slots of straw and a clock of our own: what is late, blocked, given up, and that nothing is lost.
import { describe, expect, it, onTestFinished } from 'vitest';
import { OpenLoop } from '../../src/load/open-loop.ts';
import { constantRate } from '../../src/load/pacer.ts';
import type { Slot } from '../../src/load/slot.ts';

interface Stage {
  readonly loop: OpenLoop;
  readonly sent: { readonly slot: Slot; readonly dueMs: number; readonly nowMs: number }[];
  /** Moves the clock, and lets the loop see it. */
  at(nowMs: number): void;
  free(index: number): void;
}

function stage(
  slotCount: number,
  rate: number,
  plan: { warmupMs?: number; durationMs?: number; timeoutMs?: number } = {},
): Stage {
  let now = 0;
  const straw = (): Slot => ({ dueMs: 0, sentMs: 0, begin() {}, expire() {}, close() {} });
  const slots = Array.from({ length: slotCount }, straw);
  const sent: { slot: Slot; dueMs: number; nowMs: number }[] = [];
  const { warmupMs = 0, durationMs = 1000, timeoutMs = 10_000 } = plan;
  const loop = new OpenLoop(
    slots,
    { pacer: constantRate(rate), warmupMs, durationMs, timeoutMs },
    (slot, dueMs, nowMs) => sent.push({ slot, dueMs, nowMs }),
    () => now,
  );
  onTestFinished(() => loop.stop(now));
  return {
    loop,
    sent,
    at(nowMs) {
      now = nowMs;
      loop.start();
    },
    free(index) {
      const slot = sent[index]?.slot;
      if (slot !== undefined) loop.freed(slot, null, now);
    },
  };
}

describe('open loop', () => {
  it('sends what is due and counts latency from the due time, not from when the clock was looked at', () => {
    const { sent, at } = stage(10, 100);
    at(25);
    expect(sent.map(({ dueMs, nowMs }) => [dueMs, nowMs])).toEqual([
      [0, 25],
      [10, 25],
      [20, 25],
    ]);
  });

  it('books as blocked what finds no free slot, sends it when one is free, and blames the wait on the due time', () => {
    const { loop, sent, at, free } = stage(2, 100);
    at(45);
    expect(sent).toHaveLength(2);
    expect(loop.blocked).toBe(3);
    free(0);
    expect(sent.at(-1)?.dueMs).toBe(20);
    expect(loop.blocked).toBe(3);
  });

  it('gives up what has waited longer than the time-out: the queue is bounded', () => {
    const { loop, sent, at, free } = stage(1, 100, { timeoutMs: 100 });
    at(0);
    at(500);
    free(0);
    expect(loop.unsent).toBe(39);
    expect(sent.at(-1)?.dueMs).toBe(400);
  });

  it('offers exactly rate times duration, and every one of them is sent or not sent', () => {
    const { loop, sent, at, free } = stage(3, 50, { durationMs: 1000 });
    for (let now = 0; now <= 1000; now += 20) {
      at(now);
      if (now % 40 === 0) free(sent.length - 1);
    }
    loop.stop(1000);
    expect(loop.offered()).toBe(50);
    expect(sent.length + loop.unsent).toBe(50);
  });

  it('keeps the warm-up out of every count', () => {
    const { loop, sent, at } = stage(1, 100, { warmupMs: 100, durationMs: 100 });
    at(-50);
    expect(sent[0]?.dueMs).toBe(-100);
    expect(loop.blocked).toBe(0);
    at(95);
    expect(loop.offered()).toBe(10);
    expect(loop.blocked).toBe(10);
  });

  it('stopped early, offers only what was due until then', () => {
    const { loop, sent, at } = stage(100, 100, { durationMs: 10_000 });
    at(200);
    loop.stop(200);
    expect(loop.offered()).toBe(20);
    expect(sent.length).toBe(21);
  });

  it('takes its slots in turn, so that every connection is used', () => {
    const { sent, at, free } = stage(3, 1000);
    at(2);
    free(0);
    free(1);
    free(2);
    at(5);
    expect(sent.slice(3).map(({ slot }) => slot)).toEqual(sent.slice(0, 3).map(({ slot }) => slot));
  });
});
