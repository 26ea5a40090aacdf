// Deadlines fire once, no sooner than asked, at most two ticks late, and cost nothing when nobody waits.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadline, TimerWheel } from '../../src/pool/wheel.ts';

/** A wheel turned by hand: the interval never runs while a test is synchronous. */
function turned(tickMs = 10): { wheel: TimerWheel; turn(ticks: number): void; now(): number } {
  const wheel = new TimerWheel(tickMs);
  let ticks = 0;
  return {
    wheel,
    turn(count) {
      for (let i = 0; i < count; i++) {
        ticks++;
        wheel.advance();
      }
    },
    now: () => ticks * tickMs,
  };
}

describe('TimerWheel', () => {
  it('fires after the time asked for, within two ticks', () => {
    fc.assert(
      fc.property(fc.nat({ max: 20_000 }), fc.nat({ max: 700 }), (afterMs, startTicks) => {
        const { wheel, turn, now } = turned();
        turn(startTicks);
        const setAt = now();
        let firedAt = -1;
        new Deadline(wheel, () => {
          firedAt = now();
        }).set(afterMs);
        turn(Math.ceil(afterMs / 10) + 2);
        expect(firedAt - setAt).toBeGreaterThanOrEqual(afterMs);
        expect(firedAt - setAt).toBeLessThanOrEqual(afterMs + 20);
        expect(wheel.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('a deadline that is set again fires at its last time only', () => {
    const { wheel, turn, now } = turned();
    const fired: number[] = [];
    const deadline = new Deadline(wheel, () => fired.push(now()));
    deadline.set(100);
    turn(5);
    deadline.set(100);
    turn(8);
    expect(fired).toEqual([]);
    turn(4);
    expect(fired).toHaveLength(1);
    deadline.set(1000);
    deadline.set(50);
    turn(7);
    expect(fired).toHaveLength(2);
    turn(200);
    expect(fired).toHaveLength(2);
  });

  it('a deadline cleared or removed never fires, and a removed one leaves the wheel', () => {
    const { wheel, turn } = turned();
    const cleared = new Deadline(wheel, () => expect.unreachable());
    cleared.set(30);
    cleared.clear();
    const removed = new Deadline(wheel, () => expect.unreachable());
    removed.set(30);
    removed.remove();
    removed.remove();
    expect(wheel.size).toBe(1);
    turn(10);
    expect(wheel.size).toBe(0);
  });

  it('a callback may remove its neighbours of the same tick', () => {
    const { wheel, turn } = turned();
    const fired: string[] = [];
    const one = new Deadline(wheel, () => {
      fired.push('one');
      two.remove();
    });
    const two: Deadline = new Deadline(wheel, () => {
      fired.push('two');
      one.remove();
    });
    one.set(20);
    two.set(20);
    turn(5);
    expect(fired).toHaveLength(1);
  });
});
