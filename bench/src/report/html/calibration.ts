// The calibration's own part of the page: each recovered cost beside the true one.
import type { CalibrationResult } from '../../format/result.ts';
import { barChart } from '../svg/bars.ts';
import { micros, range } from '../wording.ts';
import { both } from './both-widths.ts';
import { html, type Markup } from './markup.ts';

export function calibrationSections({ layers }: CalibrationResult): readonly Markup[] {
  const bars = layers.flatMap(({ trueMicros, recovered }) => {
    const inside = recovered.low <= trueMicros && trueMicros <= recovered.high;
    const truth = { from: 0, to: trueMicros, low: trueMicros, high: trueMicros, untold: false, after: null };
    return [
      { ...truth, label: 'put in', detail: 'burnt on purpose', value: micros(trueMicros), kind: 'base' },
      {
        label: 'measured',
        detail: `95 %: ${range(recovered)}; the truth is ${inside ? 'inside' : 'outside'}`,
        value: micros(recovered.estimate),
        from: 0,
        to: recovered.estimate,
        low: recovered.low,
        high: recovered.high,
        kind: inside ? 'firewall' : 'other',
        untold: false,
        after: null,
      },
    ];
  });
  return [
    html`<section class="long">
      <h2>Put in and found again</h2>
      ${both((width) => barChart(bars, 'µs of CPU per good request', width, 'Known costs, recovered'))}
    </section>`,
  ];
}
