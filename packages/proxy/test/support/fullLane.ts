// A full lane with a route whose policy is the test's own: h1 and h2 without TLS, on a port of the kernel's choice.
import { createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { plainConnection } from '../../src/connection.ts';
import { Counters } from '../../src/counters.ts';
import { DownloadWatch } from '../../src/listen/downloadWatch.ts';
import { Generation } from '../../src/generation.ts';
import { systemLookup } from '../../src/upstream/resolution.ts';
import { FullLane } from '../../src/lane/full/full.ts';
import type { FullPolicy } from '../../src/policy/policy.ts';
import { RouteTally } from '../../src/figures/route.ts';
import { policyMeans } from '../../src/policy/means.ts';
import { compileRoute, compileTable } from '../../src/routing/table.ts';
import { compileTarget } from '../../src/target/compile.ts';
import { ChallengeBoard } from '../../src/tls/challengeBoard.ts';
import type { TargetConfig } from '@tollgate/core';
import { configOf, route, TIMEOUTS } from './front.ts';

export interface LaneOfTest {
  readonly h1Port: number;
  readonly h2Port: number;
  readonly counters: Counters;
  /** Arguments of each call to the event log. */
  readonly events: unknown[][];
}

export async function fullLaneWith(target: TargetConfig, policy: Partial<FullPolicy>): Promise<LaneOfTest> {
  const events: unknown[][] = [];
  const note = (...event: unknown[]): void => void events.push(event);
  const eventLog = { info: note, warn: note, error: note };
  const made = await compileTarget(target, { timeouts: TIMEOUTS, eventLog, lookup: systemLookup });
  onTestFinished(() => made.close());
  const counters = new Counters();
  const config = configOf({ routes: [route('/', target)] });
  const table = await compileTable(config.sites, async (site, one) => {
    const tally = new RouteTally('*', one.path);
    const compiled = await compileRoute(site, one, made, tally, policyMeans(counters, eventLog));
    const full = { steps: [], edits: [], filters: [], ...policy };
    return { ...compiled, policy: { ...compiled.policy, full } };
  });
  const generation = new Generation(config, table, () => undefined);
  const counted = { written: 0, dropped: 0, shed: 0, failedWrites: 0 };
  const lane = new FullLane({
    current: () => generation,
    httpsPort: undefined,
    challenges: new ChallengeBoard(),
    downloads: new DownloadWatch(new Set(), new Counters()),
    nextId: () => '1',
    counters,
    requestLog: { enabled: false, counters: counted, configure: note, write: note },
    eventLog,
  });
  onTestFinished(() => lane.destroy());
  const [h1Port, h2Port] = [await listen(lane, 'h1'), await listen(lane, 'h2')];
  return { h1Port, h2Port, counters, events };
}

async function listen(lane: FullLane, protocol: 'h1' | 'h2'): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    const facts = plainConnection(socket);
    lane.accept(socket, { ...facts, local: facts.local, protocol });
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
