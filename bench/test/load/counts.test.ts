// The generator's counts are the server's counts: every mode, both loops, ten times over, and when the server misbehaves.
import { describe, expect, it } from 'vitest';
import { generate } from '../../src/load/generator.ts';
import type { ErrorCounts, LoadReport, LoadSpec } from '../../src/load/spec.ts';
import { faultyServer, type FaultyServer, type FaultyServerOptions } from '../support/faulty-server.ts';
import { loadSpec } from '../support/load-spec.ts';
import { sumErrors } from '../support/sum-errors.ts';

const REPETITIONS = 10;

type Case = readonly [name: string, server: FaultyServerOptions, spec: Partial<LoadSpec>];
const CASES: readonly Case[] = [
  ['keep-alive', {}, {}],
  ['keep-alive, chunked', { chunked: true }, {}],
  ['keep-alive over TLS', { tls: true }, { scheme: 'https' }],
  ['new connections', {}, { mode: 'new' }],
  ['new TLS connections', { tls: true }, { mode: 'new', scheme: 'https' }],
  ['resumed TLS connections', { tls: true }, { mode: 'resumed', scheme: 'https' }],
  ['keep-alive, open loop', {}, { rate: 400 }],
  ['new TLS connections, open loop', { tls: true }, { mode: 'new', scheme: 'https', rate: 100 }],
  ['HTTP/2', { h2: true }, { scheme: 'https', protocol: 'h2', connections: 2, streams: 4 }],
  ['HTTP/2, new connections', { h2: true }, { scheme: 'https', protocol: 'h2', mode: 'new' }],
];
const repetitions = Array.from({ length: REPETITIONS }, (_, index) => index);

describe.each(CASES)('%s', (_name, server, spec) => {
  it('counts what a sound server counts, ten times', async () => {
    let good = 0;
    await tenTimes(async (repetition) => {
      const subject = await faultyServer(server);
      // The odd ones warm up first: that part is counted apart, and must add up as well.
      const warmupMs = repetition % 2 === 0 ? 0 : 50;
      const report = await generate(loadSpec(subject.port, { ...spec, warmupMs }), () => {});
      expect(report.errors).toEqual(allZero(report.errors));
      good += report.good;
      expectSameCounts(report, subject);
      expect(report.sessionsResumed).toBe(subject.resumedSessions);
      // All but the one that fetched the ticket.
      expect(report.sessionsResumed).toBe(spec.mode === 'resumed' ? report.connectionsOpened - 1 : 0);
    });
    // Of all ten together: on a busy machine a single short run may see few.
    expect(good).toBeGreaterThan(20);
  });

  it('counts every fault of a faulty server under its own name, ten times', async () => {
    await tenTimes(async () => {
      const subject = await faultyServer({ ...server, faultEvery: 5 });
      const report = await generate(loadSpec(subject.port, { ...spec, timeoutMs: 3000 }), () => {});
      expectSameCounts(report, subject);
      expect(report.errors).toEqual(expectedErrors(report, subject, server.h2 === true));
      expect(sumErrors(report.errors)).toBeGreaterThan(0);
    });
  });
});

/** At once: each has its own server, and the crowd makes for a rougher ride. */
const tenTimes = async (once: (repetition: number) => Promise<void>): Promise<void> => {
  await Promise.all(repetitions.map(once));
};

function expectSameCounts(report: LoadReport, server: FaultyServer): void {
  expect({
    requests: report.attempts + report.warmup.attempts,
    good: report.good + report.warmup.good,
  }).toEqual({ requests: server.requests, good: server.good });
  expect(report.attempts).toBe(report.good + sumErrors(report.errors));
  expect(report.offered).toBe(report.attempts + report.unsent);
  for (const slices of [report.buckets, report.seconds]) {
    expect(total(slices, 'good')).toBe(report.good);
    expect(total(slices, 'attempts')).toBe(report.attempts);
    expect(total(slices, 'errors')).toBe(sumErrors(report.errors));
  }
}

/** A stream is reset where a connection would be reset, closed or cut short. */
function expectedErrors({ errors }: LoadReport, { faults }: FaultyServer, h2: boolean): ErrorCounts {
  const shared = {
    ...allZero(errors),
    status: faults.status,
    body: faults.body,
    'first-byte': faults.silence,
  };
  return h2
    ? { ...shared, reset: faults.fin + faults.rst + faults.truncated }
    : { ...shared, fin: faults.fin, reset: faults.rst, truncated: faults.truncated };
}

const allZero = (errors: ErrorCounts): ErrorCounts => ({
  ...errors,
  ...Object.fromEntries(Object.keys(errors).map((phase) => [phase, 0])),
});
const total = (
  slices: readonly { good: number; attempts: number; errors: number }[],
  what: 'good' | 'attempts' | 'errors',
): number => slices.reduce((sum, slice) => sum + slice[what], 0);
