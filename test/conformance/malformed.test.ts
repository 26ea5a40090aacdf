// Malformed and smuggling requests by raw socket: refused, or forwarded canonically exactly once, however they are cut.
import type { Engine } from '@tollgate/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparedTo, expectedOf, type Compared } from './malformed/arrival.ts';
import type { Arrival, Expected, MalformedCase, RefusalStatus } from './malformed/case.ts';
import { MALFORMED_CASES } from './malformed/cases/index.ts';
import { startFront, type RunningFront } from './malformed/front.ts';
import { IN_STEP, observe, type Observation } from './malformed/observe.ts';
import { Recorder } from './malformed/recorder.ts';
import type { Split } from './malformed/send.ts';

const WAYS: readonly (readonly [scheme: 'http' | 'https', engine: Engine])[] = [
  ['http', 'http-proxy'],
  ['http', 'wire'],
  ['https', 'http-proxy'],
  ['https', 'wire'],
];
/** The recorder's answer to everything. */
const FORWARDED = 204;
/** Byte by byte over TLS is a record a byte: slow, and the lanes see the same pieces. */
const SPLITS = { http: ['whole', 'halves', 'bytes'], https: ['whole', 'halves'] } satisfies Record<
  string,
  Split[]
>;

it('there are at least 120 cases, each with a name of its own and a source', () => {
  expect(MALFORMED_CASES.length).toBeGreaterThanOrEqual(120);
  expect(new Set(MALFORMED_CASES.map(({ name }) => name)).size).toBe(MALFORMED_CASES.length);
  expect(MALFORMED_CASES.filter(({ source }) => source === '')).toEqual([]);
});

describe.each(WAYS)('over %s through the engine %s', (scheme, engine) => {
  const recorder = new Recorder();
  let front: RunningFront;

  beforeAll(async () => {
    await recorder.listen();
    front = await startFront(engine, recorder.port, scheme);
  });
  afterAll(async () => {
    await front.close();
    recorder.close();
  });

  describe.each<Split>(SPLITS[scheme])('sent as %s', (split) => {
    it.each(casesOver(scheme).map((malformed) => [malformed.name, malformed] as const))(
      'a request with %s',
      async (_, malformed) => {
        const seen = await observe(malformed, front.address, recorder, split);
        const arrivals = arrivalsOf(malformed.expected, seen);
        expect(judged(seen, arrivals, malformed.expected)).toEqual(wanted(arrivals));
      },
    );
  });
});

/** The cases are written for http: those that speak of the scheme or its port are left out over https. */
function casesOver(scheme: 'http' | 'https'): readonly MalformedCase[] {
  if (scheme === 'http') return MALFORMED_CASES;
  return MALFORMED_CASES.filter(({ bytes }) => !/https|http:|:80\b/i.test(bytes));
}

interface Judged {
  readonly answered: string;
  readonly arrivals: readonly Compared[];
  readonly stray: string;
  readonly after: string;
}

function judged(seen: Observation, arrivals: readonly Arrival[], expected: Expected): Judged {
  const { statuses, closed, stray, after } = seen;
  return {
    answered: isAnsweredAs(seen, expected)
      ? 'as expected'
      : `${statuses.join(', ')}${closed ? ', closed' : ''}`,
    arrivals: seen.arrivals.map((recorded, at) => comparedTo(arrivals[at], recorded)),
    stray,
    after,
  };
}

function wanted(arrivals: readonly Arrival[]): Judged {
  return { answered: 'as expected', arrivals: arrivals.map(expectedOf), stray: '', after: IN_STEP };
}

/** What must have reached the target; a lenient reader shows by its answer that it has forwarded. */
function arrivalsOf(expected: Expected, { statuses }: Observation): readonly Arrival[] {
  if (expected.kind === 'forwarded') return expected.arrivals;
  return expected.kind === 'either' && statuses[0] === FORWARDED ? expected.arrivals : [];
}

function isAnsweredAs(seen: Observation, expected: Expected): boolean {
  const { statuses } = seen;
  switch (expected.kind) {
    case 'answered':
      return statuses.length === 1 && statuses[0] === expected.status;
    case 'refused':
      return isRefusal(seen, 0, expected.statuses);
    case 'either':
      return isRefusal(seen, 0, expected.statuses) || isForwarded(seen, 1);
    case 'forwarded': {
      const { arrivals, thenRefused } = expected;
      if (thenRefused === undefined) return isForwarded(seen, arrivals.length);
      return (
        isForwarded(seen, arrivals.length, statuses.slice(0, arrivals.length)) &&
        isRefusal(seen, arrivals.length, thenRefused)
      );
    }
  }
}

function isForwarded(seen: Observation, count: number, statuses = seen.statuses): boolean {
  return statuses.length === count && statuses.every((status) => status === FORWARDED);
}

function isRefusal(
  { statuses, closed }: Observation,
  after: number,
  allowed: readonly RefusalStatus[],
): boolean {
  const [status, ...more] = statuses.slice(after);
  return closed && more.length === 0 && allowed.includes(status ?? 'closed');
}
