// `breakdown`: what each layer adds to the cost of a request, rung by rung, after the noise floor is known.
import type { BreakdownResult, Layer, RungSummary } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { machineCard } from '../lab/machine.ts';
import { gateWarnings } from './gates.ts';
import { type LayerPlan, NOISE, quickLadder } from './ladder.ts';
import { measurePair, type PairRows } from './pair.ts';
import type { Session } from './session.ts';
import { layerOf, noiseOf, type NoiseFloor, summarise } from './toll.ts';
import { Measurer } from './window.ts';

/** Under four minutes in all, with the report and a slow machine's starting times. */
const BUDGET_MS = 205_000;
const QUICK_BUDGET_MS = 90_000;
const WARMUP_MS = 350;
const WINDOW_MS = 900;
/** What a window takes around its measuring: a process, connections, a warm-up. */
const AROUND_MS = 450 + WARMUP_MS;
const MOST_BLOCKS = 4;

export async function breakdown(session: Session): Promise<BreakdownResult> {
  const measurer = new Measurer(session);
  const plans = [NOISE, ...quickLadder(session.isolated)];
  const measured: (readonly [LayerPlan, PairRows])[] = [];
  for (const [done, plan] of plans.entries()) {
    session.progress.step(plan.layer, done, plans.length);
    const blocks = blocksFor(session, plans.length - done);
    measured.push([plan, await measureLayer(session, measurer, plan, blocks)]);
  }
  session.progress.step('writing the report', plans.length, plans.length);
  return resultOf(session, measurer, measured);
}

/** As many blocks as the time left allows each of the layers left: a slow machine gets wider intervals, not a longer run. */
function blocksFor(session: Session, layersLeft: number): number {
  const budgetMs = session.options.quick ? QUICK_BUDGET_MS : BUDGET_MS;
  const leftMs = budgetMs - (Date.now() - session.startedAt.getTime());
  const startMs = 3500;
  const blockMs = 4 * (windowMs(session) + AROUND_MS);
  return Math.min(MOST_BLOCKS, Math.max(1, Math.floor((leftMs / layersLeft - startMs) / blockMs)));
}

const windowMs = (session: Session): number =>
  session.options.seconds === undefined ? WINDOW_MS : session.options.seconds * 1000;

function measureLayer(
  session: Session,
  measurer: Measurer,
  plan: LayerPlan,
  blocks: number,
): Promise<PairRows> {
  return measurePair(session, measurer, {
    group: `${plan.layer} [${plan.mode}]`,
    mode: plan.mode,
    a: plan.from,
    b: plan.to,
    blocks,
    connections: session.options.connections,
    warmupMs: WARMUP_MS,
    durationMs: windowMs(session),
    rate: session.options.rate,
  });
}

async function resultOf(
  session: Session,
  measurer: Measurer,
  measured: readonly (readonly [LayerPlan, PairRows])[],
): Promise<BreakdownResult> {
  const [first, ...layers] = measured;
  if (first === undefined) throw new Error('the noise floor was not measured');
  const noiseFloor = noiseOf(first[1]);
  for (const warning of gateWarnings(measurer.kept)) session.warn(warning);
  const rungs = rungsOf(measurer.kept);
  const top = Math.max(...rungs.map((rung) => rung.cpuMicrosPerRequest.estimate));
  return {
    kind: 'breakdown',
    startedAt: session.startedAt.toISOString(),
    command: session.options.command,
    machine: await machineCard(),
    warnings: session.warnings,
    reruns: measurer.reruns,
    noiseFloor,
    rungs,
    layers: layers.map(([plan, rows]) => layer(plan, rows, noiseFloor, top)),
  };
}

function layer(plan: LayerPlan, rows: PairRows, floor: NoiseFloor, top: number): Layer {
  return {
    layer: plan.layer,
    from: plan.from.name,
    to: plan.to.name,
    connectionMode: plan.mode,
    ...layerOf(rows, floor, top),
  };
}

/** Every row of a rung in one connection mode, whichever pair it was measured in. */
function rungsOf(rows: readonly Row[]): readonly RungSummary[] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row.cell, row.connectionMode]));
  return groups
    .values()
    .map((group) => summarise(group))
    .toArray()
    .flat();
}
