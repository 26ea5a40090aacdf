// Horizontal bars with whiskers, one to a line: the waterfall of layers and the comparison of subjects are both made of them.
import { html, raw, type Markup } from '../html/markup.ts';
import type { Drawing } from './drawing.ts';
import { linearScale } from './scale.ts';

export interface Bar {
  readonly label: string;
  /** Set smaller, beneath the label. */
  readonly detail: string;
  /** At the end of the label's line. */
  readonly value: string;
  readonly from: number;
  readonly to: number;
  /** The interval of `to`. */
  readonly low: number;
  readonly high: number;
  /** Names a colour of the style sheet: base, hop, tls, request-log, firewall, other. */
  readonly kind: string;
  /** Drawn hatched and pale: these pairs cannot tell it from nothing. */
  readonly untold: boolean;
  /** Index of the bar whose end this one starts from, drawn as a fine line. */
  readonly after: number | null;
}

const ROW = 58;
const LABEL_BASELINE = 15;
const DETAIL_BASELINE = 30;
const BAR_TOP = 36;
const BAR_HEIGHT = 14;
const AXIS = 34;
const EDGE = 2;

/** `width` in pixels; labels stand above their bars, so that a phone's width does as well. */
export function barChart(bars: readonly Bar[], unit: string, width: number, title: string): Drawing {
  const { low, high } = extentOf(bars);
  const scale = linearScale(low, high, EDGE, width - EDGE, width > 500 ? 8 : 4);
  const height = bars.length * ROW + AXIS;
  const bottom = bars.length * ROW;
  const grid = scale.ticks.map((tick) => {
    const x = round(scale.at(tick));
    const anchor = x < 20 ? 'start' : x > width - 20 ? 'end' : 'middle';
    return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${bottom}" /><text
        class="tick"
        x="${x}"
        y="${bottom + 16}"
        text-anchor="${anchor}"
        >${tick.toLocaleString('en-US')}</text
      >`;
  });
  const markup = html`<svg
    class="bars"
    role="img"
    aria-label="${title}"
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
    xmlns="http://www.w3.org/2000/svg"
  >
    <defs>
      <pattern
        id="hatch-${width}"
        width="6"
        height="6"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"
      >
        <rect width="6" height="6" class="hatch-ground" />
        <line x1="0" y1="0" x2="0" y2="6" class="hatch" />
      </pattern>
    </defs>
    ${grid} ${bars.map((bar, row) => barRow(bar, row, scale.at, width))}
    <text class="unit" x="${width - EDGE}" y="${bottom + 31}" text-anchor="end">${unit}</text>
  </svg>`;
  return { markup, width, height };
}

/** Whiskers may widen the chart by half, no more: an interval without use shall not press the costs into a corner. */
function extentOf(bars: readonly Bar[]): { readonly low: number; readonly high: number } {
  const ends = bars.flatMap(({ from, to }) => [from, to]);
  const [left, right] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const room = (right - left) / 2;
  const whiskers = bars.flatMap(({ low, high }) => [low, high]).filter(Number.isFinite);
  return {
    low: Math.max(left - room, Math.min(left, ...whiskers)),
    high: Math.min(right + room, Math.max(right, ...whiskers)),
  };
}

function barRow(bar: Bar, row: number, at: (value: number) => number, width: number): Markup {
  const top = row * ROW;
  const [x1, x2] = [at(Math.min(bar.from, bar.to)), at(Math.max(bar.from, bar.to))];
  const middle = top + BAR_TOP + BAR_HEIGHT / 2;
  return html`<g class="kind-${bar.kind}${bar.untold ? ' untold' : ''}">
    <text class="label" x="${EDGE}" y="${top + LABEL_BASELINE}">${bar.label}</text>
    <text class="value" x="${width - EDGE}" y="${top + LABEL_BASELINE}" text-anchor="end">${bar.value}</text>
    <text class="detail" x="${EDGE}" y="${top + DETAIL_BASELINE}">${bar.detail}</text>
    ${connector(bar, row, at)}
    <rect
      class="bar"
      x="${round(x1)}"
      y="${top + BAR_TOP}"
      width="${round(Math.max(1.5, x2 - x1))}"
      height="${BAR_HEIGHT}"
      rx="2"
      ${bar.untold ? raw(`style="fill:url(#hatch-${width})"`) : ''}
    />
    ${whisker(bar, at, middle, width)}
  </g>`;
}

function connector({ after, from }: Bar, row: number, at: (value: number) => number): Markup {
  if (after === null) return raw('');
  const x = round(at(from));
  const y1 = after * ROW + BAR_TOP + BAR_HEIGHT;
  return html`<line class="connector" x1="${x}" x2="${x}" y1="${y1}" y2="${row * ROW + BAR_TOP}" />`;
}

/** An interval that leaves the chart has no end there. */
function whisker({ low, high }: Bar, at: (value: number) => number, y: number, width: number): Markup {
  const [x1, x2] = [round(at(low)), round(at(high))];
  const [left, right] = [Math.max(EDGE, x1), Math.min(width - EDGE, x2)];
  const cap = (x: number): string => `M${x} ${y - 4}v8`;
  const caps = `${left === x1 ? cap(x1) : ''}${right === x2 ? cap(x2) : ''}`;
  return html`<path class="whisker" d="M${left} ${y}H${right}${caps}" />`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
