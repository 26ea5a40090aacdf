// Drawings as files of their own, for a README: they carry their colours, light and dark, with them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../../format/result.ts';
import type { Markup } from '../html/markup.ts';
import { timeChart } from './time.ts';
import { waterfalls } from './waterfall.ts';

const WIDTH = 760;

export interface SvgFile {
  readonly file: string;
  readonly text: string;
}

/** `breakdown-MODE.svg` for each connection mode, or `RUN.svg` for each run over time. */
export function standaloneSvgs(result: Result): readonly SvgFile[] {
  const drawings = drawingsOf(result);
  return drawings.map(([name, { text }]) => ({
    file: `${name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')}.svg`,
    text: withStyle(text),
  }));
}

function drawingsOf(result: Result): readonly (readonly [name: string, drawing: Markup])[] {
  if (result.kind === 'breakdown') {
    return waterfalls(result).map(({ mode, draw }) => [`breakdown-${mode}`, draw(WIDTH)]);
  }
  return 'runs' in result
    ? result.runs.map((run) => [`${result.kind}-${run.name}`, timeChart(run, WIDTH)])
    : [];
}

/** The page's own sheet, which an SVG understands as well; the ground is drawn because a README may be of any colour. */
function withStyle(svg: string): string {
  const style = readFileSync(join(import.meta.dirname, '../html/style.css'), 'utf8');
  const head = svg.indexOf('>') + 1;
  const ground = '<rect width="100%" height="100%" rx="8" style="fill:var(--card)" />';
  return `${svg.slice(0, head)}<style>${minified(style)}</style>${ground}${svg.slice(head)}\n`;
}

const minified = (css: string): string => css.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\s+/g, ' ');
