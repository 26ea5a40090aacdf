// `breakdown`: what each layer adds to the cost of a request, rung by rung, after the noise floor is known.
import type { BreakdownResult, Layer, RungSummary } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { machineCard } from '../lab/machine.ts';
import { noiseFloor, type NoiseFloor } from '../stats/layer-cost.ts';
import { warn } from '../stats/warnings.ts';
import { factorial } from './factorial.ts';
import { gateWarnings } from './gates.ts';
import { type LayerPlan, NOISE, quickLadder } from './ladder.ts';
import { measurePair, type PairRows } from './pair.ts';
import type { Session } from './session.ts';
import { summarise, tollOf } from './toll.ts';
import { Measurer } from './window.ts';

/** Under four minutes in all, with the report and a slow machine's starting times. */
const BUDGET_MS = 205_000;
const QUICK_BUDGET_MS = 90_000;
const WARMUP_MS = 350;
const WINDOW_MS = 900;
/** What a window takes around its measuring: a process, connections, a warm-up. */
const AROUND_MS = 450 + WARMUP_MS;
const MOST_BLOCKS = 4;

export async function breakdown(session: Session, full = false): Promise<BreakdownResult> {
  const measurer = new Measurer(session);
  const plans = [NOISE, ...quickLadder(session.isolated)];
  const measured: (readonly [LayerPlan, PairRows])[] = [];
  for (const [done, plan] of plans.entries()) {
    session.progress.step(plan.layer, done, plans.length);
    const blocks = blocksFor(session, plans.length - done);
    measured.push([plan, await measureLayer(session, measurer, plan, blocks)]);
  }
  const result = await resultOf(session, measurer, measured);
  return full ? { ...result, factorial: await factorial(session, measurer) } : result;
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
  const floor = noiseFloor(first[1].pairs);
  const rungs = rungsOf(measurer.kept);
  const tolls = layers.map(([plan, rows]) => layer(plan, rows, floor, rungs));
  warnOf(session, measurer, floor);
  return {
    kind: 'breakdown',
    startedAt: session.startedAt.toISOString(),
    command: session.options.command,
    machine: await machineCard(),
    warnings: session.warnings,
    reruns: measurer.reruns,
    noiseFloor: floor,
    rungs,
    layers: tolls,
  };
}

function layer(plan: LayerPlan, rows: PairRows, floor: NoiseFloor, rungs: readonly RungSummary[]): Layer {
  const sameMode = rungs.filter(({ connectionMode }) => connectionMode === plan.mode);
  const top = Math.max(...sameMode.map((rung) => rung.cpuMicrosPerRequest.estimate));
  return {
    layer: plan.layer,
    from: plan.from.name,
    to: plan.to.name,
    connectionMode: plan.mode,
    ...tollOf(rows, floor, top),
  };
}

/** A floor above this hides every layer but TLS handshakes. */
const NOISY = 0.1;

function warnOf(session: Session, measurer: Measurer, floor: NoiseFloor): void {
  session.warn(warn.ladderOrder());
  for (const warning of gateWarnings(measurer.kept)) session.warn(warning);
  if (floor.ratio > NOISY) session.warn(warn.noisyMachine(floor.ratio));
  if (measurer.reruns > 0) session.warn(warn.reruns(measurer.reruns, measurer.kept.length + measurer.reruns));
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
