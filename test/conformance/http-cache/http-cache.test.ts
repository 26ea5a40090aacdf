// What the public suite of caches finds in ours: everything passes but what is listed, each with its reason.
import { expect, it, onTestFinished } from 'vitest';
import { startRoutes } from '../../support/ways.ts';
import { EXPECTED_FAILURES } from './expected-failures.ts';
import { runSuite, startOrigin } from './suite.ts';

it('passes http-cache-tests but for what is listed', async () => {
  const upstream = await startOrigin();
  // What a cache may do and ours does not by default: the suite looks at both.
  const cache = { heuristic: 'on', clientDirectives: 'obey' };
  const running = await startRoutes([{ path: '/', upstream, cache }]);
  onTestFinished(() => running.close());
  const outcomes = await runSuite(running.httpsPort);
  expect(outcomes.size).toBeGreaterThan(320);
  const surprises = [...outcomes].filter(([id, outcome]) => (outcome !== true) !== EXPECTED_FAILURES.has(id));
  expect(surprises).toEqual([]);
  expect([...EXPECTED_FAILURES].filter((id) => !outcomes.has(id))).toEqual([]);
});
