import { afterEach, describe, expect, it, vi } from 'vitest';
import { rotateTicketKeys } from '../../src/serve/ticket-keys.ts';

const HOUR_MS = 3_600_000;

describe('ticket keys', () => {
  afterEach(() => vi.useRealTimers());

  it('are new every 12 hours, never the same twice', () => {
    vi.useFakeTimers();
    const used: string[] = [];
    const timer = rotateTicketKeys((keys) => used.push(keys.toString('hex')));
    vi.advanceTimersByTime(12 * HOUR_MS - 1);
    expect(used).toEqual([]);
    vi.advanceTimersByTime(24 * HOUR_MS + 1);
    clearInterval(timer);
    vi.advanceTimersByTime(24 * HOUR_MS);
    expect(used.map((keys) => keys.length)).toEqual([96, 96, 96]);
    expect(new Set(used).size).toBe(3);
  });
});
