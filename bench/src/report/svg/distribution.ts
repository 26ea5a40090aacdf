// Latency by percentile, as HDR histograms are read: the tail gets as much room as the middle. Both axes logarithmic.
import type { TimedRun } from '../../format/result.ts';
import { html, type Markup } from '../html/markup.ts';
import type { Drawing } from './drawing.ts';

const HEIGHT = 220;
const LEFT = 62;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 36;
/** 90, 99, 99.9, 99.99 %. */
const NINES = 4;

/** `null` when no run has two points to draw. */
export function distributionChart(runs: readonly TimedRun[], width: number): Drawing | null {
  const drawn = runs.filter((run) => run.distribution.length > 1);
  if (drawn.length === 0) return null;
  const upper = drawn.flatMap(({ distribution }) => distribution.map(([upToMs]) => upToMs));
  const decades = [Math.floor(Math.log10(Math.min(...upper))), Math.ceil(Math.log10(Math.max(...upper)))];
  const [low = 0, high = 1] = decades[0] === decades[1] ? [decades[0] ?? 0, (decades[0] ?? 0) + 1] : decades;
  const x = (nines: number): number => LEFT + (Math.min(NINES, nines) / NINES) * (width - LEFT - RIGHT);
  const y = (ms: number): number => TOP + ((high - Math.log10(ms)) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const markup = html`<svg
    class="distribution"
    role="img"
    aria-label="Latency by percentile"
    viewBox="0 0 ${width} ${HEIGHT}"
    width="${width}"
    height="${HEIGHT}"
    xmlns="http://www.w3.org/2000/svg"
  >
    ${gridOf(low, high, x, y, width)} ${drawn.map((run, index) => line(run, index, x, y))}
    <text class="unit" x="${width - RIGHT}" y="${HEIGHT - 2}" text-anchor="end">of requests were faster</text>
  </svg>`;
  return { markup, width, height: HEIGHT };
}

function gridOf(
  low: number,
  high: number,
  x: (nines: number) => number,
  y: (ms: number) => number,
  width: number,
): readonly Markup[] {
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  const percentiles = [
    [0, '0'],
    [Math.log10(2), '50 %'],
    [1, '90 %'],
    [2, '99 %'],
    [3, '99.9 %'],
    [4, '99.99 %'],
  ] as const;
  return [
    ...decades.map(
      (ms) =>
        html`<line class="grid" x1="${LEFT}" x2="${width - RIGHT}" y1="${y(ms)}" y2="${y(ms)}" /><text
            class="tick"
            x="${LEFT - 6}"
            y="${y(ms) + 4}"
            text-anchor="end"
            >${ms} ms</text
          >`,
    ),
    ...percentiles.map(
      ([nines, text]) =>
        html`<line class="grid" x1="${x(nines)}" x2="${x(nines)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" /><text
            class="tick"
            x="${x(nines)}"
            y="${HEIGHT - BOTTOM + 16}"
            text-anchor="${nines === NINES ? 'end' : 'middle'}"
            >${text}</text
          >`,
    ),
  ];
}

function line(
  { distribution, name }: TimedRun,
  index: number,
  x: (nines: number) => number,
  y: (ms: number) => number,
): Markup {
  const total = distribution.at(-1)?.[1] ?? 1;
  const points = distribution.map(([upToMs, count]) => {
    // The last point is everything: as many nines as that many requests can show.
    const beyond = Math.max(1 - count / total, 0.5 / total);
    return `${x(-Math.log10(beyond)).toFixed(1)},${y(upToMs).toFixed(1)}`;
  });
  return html`<polyline class="series series-${index % 4}" points="${points.join(' ')}"
    ><title>${name}</title></polyline
  >`;
}
