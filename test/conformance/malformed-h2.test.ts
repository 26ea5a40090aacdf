// Malformed HTTP/2 by hand-made frames: refused, or one canonical HTTP/1.1 request; never two.
import type { Engine } from '@tollgate/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparedTo, expectedOf } from './malformed/arrival.ts';
import { H2_CASES } from './malformed/cases/h2.ts';
import { HOST } from './malformed/case.ts';
import { startFront, type RunningFront } from './malformed/front.ts';
import { outcomeOf, requestBytes, type HeaderList } from './malformed/h2-frames.ts';
import { Recorder } from './malformed/recorder.ts';

const ENGINES: readonly Engine[] = ['http-proxy', 'wire'];

/** The recorder's answer to everything. */
const FORWARDED = 204;
const AFTER: HeaderList = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', HOST],
  [':path', '/after'],
];

describe.each(ENGINES)('HTTP/2 through the engine %s', (engine) => {
  const recorder = new Recorder();
  let front: RunningFront;

  beforeAll(async () => {
    await recorder.listen();
    front = await startFront(engine, recorder.port, 'https');
  });
  afterAll(async () => {
    await front.close();
    recorder.close();
  });

  it.each(H2_CASES.map((malformed) => [malformed.name, malformed] as const))(
    'a request with %s',
    async (_, { headers, body, refusals, arrival, late }) => {
      recorder.take();
      const outcome = await outcomeOf(front.address.port, requestBytes(headers, body));
      const after = await outcomeOf(front.address.port, requestBytes(AFTER, []));
      const { requests, stray } = recorder.take();
      const allowed = arrival === undefined ? refusals : [...refusals, FORWARDED];
      expect(allowed).toContain(outcome);
      const first = arrival !== undefined && (outcome === FORWARDED || (late && requests.length > 1));
      const arrivals = [...(first ? [arrival] : []), { line: 'GET /after' }];
      expect(requests.map((recorded, at) => comparedTo(arrivals[at], recorded))).toEqual(
        arrivals.map(expectedOf),
      );
      expect({ stray, after }).toEqual({ stray: '', after: FORWARDED });
    },
  );
});
