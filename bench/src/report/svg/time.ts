// Requests per second over time as a static drawing: goodput, attempts, and where it collapsed.
import type { TimedRun } from '../../format/result.ts';
import { html, raw, type Markup } from '../html/markup.ts';
import { marksOf, type Mark } from '../panels.ts';
import type { Drawing } from './drawing.ts';
import { linearScale } from './scale.ts';

const HEIGHT = 260;
const LEFT = 58;
const RIGHT = 16;
const TOP = 34;
const BOTTOM = 30;

export function timeChart(run: TimedRun, width: number): Drawing {
  const { goodput, attempts } = run;
  const x = linearScale(0, goodput.length, LEFT, width - RIGHT, 8);
  const y = linearScale(0, Math.max(1, ...goodput, ...attempts), HEIGHT - BOTTOM, TOP, 4);
  const ground = HEIGHT - BOTTOM;
  const good = steps(goodput, x.at, y.at);
  const markup = html`<svg
    role="img"
    aria-label="Requests per second, ${run.name}"
    viewBox="0 0 ${width} ${HEIGHT}"
    width="${width}"
    height="${HEIGHT}"
    xmlns="http://www.w3.org/2000/svg"
  >
    <text class="label" x="${LEFT}" y="18">Requests per second, ${run.name}</text>
    ${y.ticks.map(
      (tick) =>
        html`<line
            class="grid"
            x1="${LEFT}"
            x2="${width - RIGHT}"
            y1="${y.at(tick)}"
            y2="${y.at(tick)}"
          /><text class="tick" x="${LEFT - 8}" y="${y.at(tick) + 4}" text-anchor="end"
            >${tick.toLocaleString('en-US')}</text
          >`,
    )}
    ${x.ticks
      .filter((tick) => tick <= goodput.length)
      .map(
        (tick) =>
          html`<text class="tick" x="${x.at(tick)}" y="${ground + 18}" text-anchor="middle">${tick} s</text>`,
      )}
    <path d="${good}V${ground}H${LEFT}Z" style="fill:var(--good);opacity:.2" />
    <path d="${steps(attempts, x.at, y.at)}" style="fill:none;stroke:var(--attempts);stroke-width:1.5" />
    <path d="${good}" style="fill:none;stroke:var(--good);stroke-width:2" />
    ${marksOf(run).map((mark, index) => markLine(mark, index, x.at(mark.second), width))} ${legend(width)}
  </svg>`;
  return { markup, width, height: HEIGHT };
}

function steps(
  values: readonly number[],
  x: (second: number) => number,
  y: (value: number) => number,
): string {
  return values
    .map((value, second) => `${second === 0 ? 'M' : 'L'}${x(second)} ${y(value).toFixed(1)}H${x(second + 1)}`)
    .join('');
}

function markLine({ label, colour, dashed }: Mark, index: number, x: number, width: number): Markup {
  const atRight = x > width / 2;
  return html`<line
      x1="${x}"
      x2="${x}"
      y1="${TOP}"
      y2="${HEIGHT - BOTTOM}"
      style="stroke:var(--${colour});stroke-width:1.5;${raw(dashed ? 'stroke-dasharray:4 4' : '')}"
    /><text
      x="${x + (atRight ? -6 : 6)}"
      y="${TOP + 12 + index * 16}"
      text-anchor="${atRight ? 'end' : 'start'}"
      style="fill:var(--${colour});font-weight:600"
      >${label}</text
    >`;
}

function legend(width: number): Markup {
  return html`<line
      x1="${width - 150}"
      x2="${width - 134}"
      y1="14"
      y2="14"
      style="stroke:var(--good);stroke-width:3"
    />
    <text class="detail" x="${width - 130}" y="18">good</text>
    <line
      x1="${width - 94}"
      x2="${width - 78}"
      y1="14"
      y2="14"
      style="stroke:var(--attempts);stroke-width:2"
    />
    <text class="detail" x="${width - 74}" y="18">attempts</text>`;
}
