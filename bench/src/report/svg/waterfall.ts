// The waterfall of costs: each layer's bar starts where the rung beneath it ends.
import type { BreakdownResult, Layer } from '../../format/result.ts';
import { micros, modeInWords, pairsAdvice, percent, range, signedMicros } from '../wording.ts';
import { barChart, type Bar } from './bars.ts';
import type { Drawing } from './drawing.ts';

export interface Waterfall {
  readonly mode: string;
  readonly title: string;
  readonly draw: (width: number) => Drawing;
}

/** One a connection mode, because a rung costs something else in each; and one of the Shapley parts, which add up. */
export function waterfalls(result: BreakdownResult): readonly Waterfall[] {
  return [...ladderWaterfalls(result), ...shapleyWaterfall(result)];
}

function ladderWaterfalls(result: BreakdownResult): readonly Waterfall[] {
  return [...Map.groupBy(result.layers, (layer) => layer.connectionMode)].map(([mode, layers]) => {
    const title = `CPU per request, ${modeInWords(mode)}`;
    const bars = waterfallBars(result, mode, layers);
    return { mode, title, draw: (width) => barChart(bars, 'µs of CPU per good request', width, title) };
  });
}

function shapleyWaterfall({ factorial }: BreakdownResult): readonly Waterfall[] {
  if (factorial === undefined) return [];
  const title = 'What all layers cost together, shared out';
  let end = 0;
  const bars = factorial.shapley.map(({ name, cpuMicrosPerRequest: cost, share }, index): Bar => {
    const from = end;
    end += cost.estimate;
    const untold = cost.low <= 0 && cost.high >= 0;
    return {
      label: name,
      detail: untold ? pairsAdvice(null) : `95 %: ${range(cost)}; ${percent(share.estimate)} of the whole`,
      value: untold ? '~' : signedMicros(cost.estimate),
      from,
      to: end,
      low: from + cost.low,
      high: from + cost.high,
      kind: kindOf(name),
      untold,
      after: index === 0 ? null : index - 1,
    };
  });
  return [
    { mode: 'shared', title, draw: (width) => barChart(bars, 'µs of CPU per good request', width, title) },
  ];
}

/** Layers may branch (a unix or a TCP hop): a rung's place is known by its name, whoever reached it first. */
function waterfallBars(result: BreakdownResult, mode: string, layers: readonly Layer[]): readonly Bar[] {
  const bars: Bar[] = [];
  const ends = new Map<string, { readonly at: number; readonly bar: number }>();
  const ground = (name: string): { readonly at: number; readonly bar: number } => {
    const known = ends.get(name);
    if (known !== undefined) return known;
    const rung = result.rungs.find((rung) => rung.name === name && rung.connectionMode === mode);
    const cost = rung?.cpuMicrosPerRequest ?? { estimate: 0, low: 0, high: 0 };
    const place = { at: cost.estimate, bar: bars.length };
    bars.push({
      label: name,
      detail: `where it starts; 95 %: ${range(cost)}`,
      value: micros(cost.estimate),
      from: 0,
      to: cost.estimate,
      low: cost.low,
      high: cost.high,
      kind: 'base',
      untold: false,
      after: null,
    });
    ends.set(name, place);
    return place;
  };
  for (const layer of layers) {
    const start = ground(layer.from);
    bars.push(layerBar(layer, start.at, start.bar));
    const at = start.at + layer.cpuMicrosPerRequest.estimate;
    if (!ends.has(layer.to)) ends.set(layer.to, { at, bar: bars.length - 1 });
  }
  return bars;
}

function layerBar(layer: Layer, start: number, after: number): Bar {
  const { estimate, low, high } = layer.cpuMicrosPerRequest;
  return {
    label: layer.layer,
    detail: layer.distinguishable
      ? `95 %: ${range(layer.cpuMicrosPerRequest)}; ${percent(layer.share)} of the dearest rung`
      : pairsAdvice(layer.pairsNeeded),
    value: layer.distinguishable ? signedMicros(estimate) : '~',
    from: start,
    to: start + estimate,
    low: start + low,
    high: start + high,
    kind: kindOf(layer.layer),
    untold: !layer.distinguishable,
    after,
  };
}

const KINDS = ['hop', 'tls', 'request-log', 'firewall'];
const kindOf = (layer: string): string => KINDS.find((kind) => layer.startsWith(kind)) ?? 'other';
