// The breakdown's own part of the page: a waterfall for each connection mode.
import type { BreakdownResult } from '../../format/result.ts';
import { waterfalls } from '../svg/waterfall.ts';
import { both } from './both-widths.ts';
import { html, type Markup } from './markup.ts';

export function breakdownSections(result: BreakdownResult): readonly Markup[] {
  return waterfalls(result).map(
    ({ title, draw }) =>
      html`<section class="long">
        <h2>${title}</h2>
        ${both(draw)}
        <p class="note">
          Each bar starts where the rung it builds on ends. The whisker is the 95 % interval of the layer's
          own cost; hatched: these pairs cannot tell it from nothing.
        </p>
      </section>`,
  );
}
