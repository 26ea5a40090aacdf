// The comparison's own part of the page: bars of cost for each kind of work, the baseline first.
import type { CompareResult } from '../../format/result.ts';
import { barChart } from '../svg/bars.ts';
import { capitalised, micros, range, ratioRange, times } from '../wording.ts';
import { both } from './both-widths.ts';
import { html, type Markup } from './markup.ts';

export function compareSections({ work, baseline }: CompareResult): readonly Markup[] {
  return work.map(({ name, subjects }) => {
    const bars = subjects.map(({ name: label, cpuMicrosPerRequest: cost, ratio }) => ({
      label,
      detail:
        ratio === null
          ? `95 %: ${range(cost)}; all others are measured against it`
          : `95 %: ${range(cost)}; ${ratioRange(ratio)} times ${baseline}`,
      value: ratio === null ? micros(cost.estimate) : `${micros(cost.estimate)} · ${times(ratio)}`,
      from: 0,
      to: cost.estimate,
      low: cost.low,
      high: cost.high,
      kind: kindOf(label, ratio === null),
      untold: false,
      after: null,
    }));
    const title = `${capitalised(name)}: CPU per request`;
    return html`<section class="long">
      <h2>${title}</h2>
      ${both((width) => barChart(bars, 'µs of CPU per good request', width, title))}
    </section>`;
  });
}

/** Our own ones stand out, the baseline is grey. */
const kindOf = (name: string, isBaseline: boolean): string =>
  isBaseline ? 'base' : /^tollgate/i.test(name) ? 'hop' : 'other';
