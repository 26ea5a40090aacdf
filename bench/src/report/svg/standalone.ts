// Drawings as files of their own, for a README: they carry their colours, light and dark, with them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../../format/result.ts';
import { html, raw, type Markup } from '../html/markup.ts';
import type { Drawing } from './drawing.ts';
import { timeChart } from './time.ts';
import { waterfalls } from './waterfall.ts';

const WIDTH = 760;
const MARGIN = 18;

export interface SvgFile {
  readonly file: string;
  readonly text: string;
}

/** `breakdown-MODE.svg` for each connection mode, or `KIND-RUN.svg` for each run over time. */
export function standaloneSvgs(result: Result): readonly SvgFile[] {
  return drawingsOf(result).map(([name, drawing]) => ({ file: fileName(name), text: framed(drawing).text }));
}

function drawingsOf(result: Result): readonly (readonly [name: string, drawing: Drawing])[] {
  if (result.kind === 'breakdown') {
    return waterfalls(result).map(({ mode, draw }) => [`breakdown-${mode}`, draw(WIDTH)]);
  }
  return 'runs' in result
    ? result.runs.map((run) => [`${result.kind}-${run.name}`, timeChart(run, WIDTH)])
    : [];
}

function fileName(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return `${plain.slice(0, 80)}.svg`;
}

/** On a ground of its own: a README may be of any colour. */
function framed({ markup, width, height }: Drawing): Markup {
  const [outerWidth, outerHeight] = [width + 2 * MARGIN, height + 2 * MARGIN];
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${outerWidth}"
    height="${outerHeight}"
    viewBox="0 0 ${outerWidth} ${outerHeight}"
  >
    <style>
      ${raw(styleSheet())}
    </style>
    <rect width="100%" height="100%" rx="8" style="fill:var(--card)" />
    <svg x="${MARGIN}" y="${MARGIN}" width="${width}" height="${height}">${markup}</svg>
  </svg> `;
}

const styleSheet = (): string =>
  ['palette.css', 'drawing.css']
    .map((name) => readFileSync(join(import.meta.dirname, '../html', name), 'utf8'))
    .join('')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ');
