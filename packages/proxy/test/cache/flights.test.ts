// Clients that ask for the same wait for one fetch, but never for long and never without a way out.
import { describe, expect, it } from 'vitest';
import { Flights, type Landing } from '../../src/cache/flights.ts';
import type { StoredAnswer } from '../../src/cache/stored.ts';

const NOBODY_LEAVES = (): void => undefined;
const ANSWER: StoredAnswer = {
  key: 'k',
  selecting: [],
  variant: '',
  status: 200,
  fields: [],
  body: Buffer.alloc(0),
  receivedMs: 0,
  freshness: { lifetimeMs: 1, initialAgeMs: 0, by: 'answer' },
  validated: false,
  staleMs: { whileRevalidate: 0, ifError: 0 },
  bytes: 1,
};

const KEPT: Landing = { kind: 'kept', answer: ANSWER };
const later = (): number => performance.now() + 60_000;

describe('a fetch that others wait for', () => {
  it('answers them all', async () => {
    const flights = new Flights(10);
    const flight = flights.begin('k');
    const waiting = [1, 2, 3].map(() => flights.wait(flight, later(), NOBODY_LEAVES));
    expect(flights.waiting).toBe(3);
    flight.land(KEPT);
    flight.land({ kind: 'alone', why: 'not-kept' });
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 3 }, () => KEPT));
    expect(flights.waiting).toBe(0);
    expect(flights.under('k')).toBeUndefined();
  });

  it('sends them off when its answer is for nobody else', async () => {
    const flights = new Flights(10);
    const flight = flights.begin('k');
    const waiting = flights.wait(flight, later(), NOBODY_LEAVES);
    flight.land({ kind: 'alone', why: 'not-kept' });
    expect(await waiting).toEqual({ kind: 'alone', why: 'not-kept' });
  });

  it('lets nobody wait for longer than allowed', async () => {
    const flights = new Flights(10);
    const flight = flights.begin('k');
    expect(await flights.wait(flight, performance.now() + 1, NOBODY_LEAVES)).toEqual({
      kind: 'alone',
      why: 'too-late',
    });
    expect(flight.waiting).toBe(0);
  });

  it('lets no more wait than allowed', async () => {
    const flights = new Flights(1);
    const flight = flights.begin('k');
    const first = flights.wait(flight, later(), NOBODY_LEAVES);
    expect(await flights.wait(flight, later(), NOBODY_LEAVES)).toEqual({ kind: 'alone', why: 'too-many' });
    flight.land(KEPT);
    expect((await first).kind).toBe('kept');
  });

  it('forgets a client that leaves', async () => {
    const flights = new Flights(10);
    const flight = flights.begin('k');
    let leave = NOBODY_LEAVES;
    const waiting = flights.wait(flight, later(), (leaving) => {
      leave = leaving;
    });
    leave();
    await waiting;
    expect(flight.waiting).toBe(0);
  });
});

describe('an address that was not for all', () => {
  it('is not waited for, for a while', () => {
    const flights = new Flights(1);
    flights.noteUnshared('k', 1000);
    expect(flights.isUnshared('k', 10_999)).toBe(true);
    expect(flights.isUnshared('k', 11_000)).toBe(false);
    flights.noteUnshared('k', 1000);
    flights.noteShared('k');
    expect(flights.isUnshared('k', 1000)).toBe(false);
  });

  it('is one of a bounded number', () => {
    const flights = new Flights(1);
    for (let number = 0; number < 10_001; number++) flights.noteUnshared(`k${number}`, 0);
    expect(flights.isUnshared('k0', 1)).toBe(false);
    expect(flights.isUnshared('k10000', 1)).toBe(true);
  });
});
