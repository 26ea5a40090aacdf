// Every window as it was measured, kept or refused: the reader may judge the spread for himself.
import type { Row } from '../../format/row.ts';
import { stripChart, type Strip } from '../svg/strips.ts';
import { capitalised, modeInWords } from '../wording.ts';
import { both } from './both-widths.ts';
import { html, raw, type Markup } from './markup.ts';

export function readingSection(rows: readonly Row[]): Markup {
  // Costs in one connection mode are twenty times those in another: each has its own scale.
  const groups = Map.groupBy(rows, ({ group, connectionMode }) => `${group}, ${modeInWords(connectionMode)}`);
  if (groups.size === 0) return raw('');
  return html`<section class="long">
    <h2>Every window as it was measured</h2>
    <p class="hint">
      A dot is one window of load, its slices added up; ${rows.filter(({ gates }) => gates.length > 0).length}
      of ${rows.length} are hollow: a validity gate refused them, and they were measured again while there was
      time. › lies beyond the scale.
    </p>
    ${[...groups].map(
      ([title, group]) =>
        html`<details>
          <summary>${capitalised(title)}</summary>
          ${both((width) => stripChart(stripsOf(group), 'µs of CPU per good request', width, title))}
        </details>`,
    )}
  </section>`;
}

function stripsOf(rows: readonly Row[]): readonly Strip[] {
  return [...Map.groupBy(rows, ({ cell }) => cell)].map(([label, group]) => ({
    label,
    dots: group.flatMap(({ cpuMicrosPerRequest, gates, block }) =>
      cpuMicrosPerRequest === null
        ? []
        : [
            {
              value: cpuMicrosPerRequest,
              refused: gates.length > 0,
              note: `block ${block + 1}${gates.length > 0 ? `, ${gates.join(', ')}` : ''}`,
            },
          ],
    ),
  }));
}
