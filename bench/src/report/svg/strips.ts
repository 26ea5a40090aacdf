// Every reading as a dot on a common scale, a line for each thing measured: what the averages stand on.
import { html, type Markup } from '../html/markup.ts';
import { figure } from '../wording.ts';
import type { Drawing } from './drawing.ts';
import { linearScale } from './scale.ts';

export interface Strip {
  readonly label: string;
  readonly dots: readonly Dot[];
}

export interface Dot {
  readonly value: number;
  /** Drawn hollow. */
  readonly refused: boolean;
  /** Told under the pointer. */
  readonly note: string;
}

const ROW = 36;
const LABEL_BASELINE = 13;
const DOT_CENTRE = 25;
const AXIS = 34;
const EDGE = 8;

export function stripChart(strips: readonly Strip[], unit: string, width: number, title: string): Drawing {
  const reach = reachOf(strips.flatMap(({ dots }) => dots.map(({ value }) => value)));
  const scale = linearScale(0, reach, EDGE, width - EDGE, width > 500 ? 8 : 4);
  const bottom = strips.length * ROW;
  const height = bottom + AXIS;
  const markup = html`<svg
    class="strips"
    role="img"
    aria-label="${title}"
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
    xmlns="http://www.w3.org/2000/svg"
  >
    ${scale.ticks.map((tick) => gridLine(tick, scale.at(tick), bottom, width))}
    ${strips.map((strip, row) => stripRow(strip, row * ROW, scale.at, width))}
    <text class="unit" x="${width - EDGE}" y="${bottom + 31}" text-anchor="end">${unit}</text>
  </svg>`;
  return { markup, width, height };
}

/** To half as far again as nine of ten readings: a stray one lies at the edge and does not press the others together. */
function reachOf(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const most = ascending[Math.floor((ascending.length - 1) * 0.9)] ?? 1;
  return Math.min(ascending.at(-1) ?? 1, most * 1.5);
}

function gridLine(tick: number, x: number, bottom: number, width: number): Markup {
  const anchor = x < 20 ? 'start' : x > width - 20 ? 'end' : 'middle';
  return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${bottom}" /><text
      class="tick"
      x="${x}"
      y="${bottom + 16}"
      text-anchor="${anchor}"
      >${tick.toLocaleString('en-US')}</text
    >`;
}

function stripRow({ label, dots }: Strip, top: number, at: (value: number) => number, width: number): Markup {
  const y = top + DOT_CENTRE;
  return html`<g>
    <line class="grid" x1="${EDGE}" x2="${width - EDGE}" y1="${y}" y2="${y}" />
    <text class="detail" x="${EDGE}" y="${top + LABEL_BASELINE}">${label}</text>
    ${dots.map(({ value, refused, note }) => {
      const x = at(value);
      const tip = `${figure(value)}: ${note}`;
      return x > width - EDGE
        ? html`<text class="beyond" x="${width - EDGE}" y="${y + 4}" text-anchor="end"
            >›<title>${tip}</title></text
          >`
        : html`<circle class="${refused ? 'refused' : 'dot'}" cx="${x.toFixed(1)}" cy="${y}" r="3.5"
            ><title>${tip}</title></circle
          >`;
    })}
  </g>`;
}
