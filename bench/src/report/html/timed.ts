// A run over time on the page: the verdict, then the panels beneath each other on one axis of seconds.
import type { TimedRun } from '../../format/result.ts';
import { errorSentence, evidenceOf, runSentence } from '../findings.ts';
import { marksOf, panelsOf, type Panel } from '../panels.ts';
import { failed, fell } from '../steady.ts';
import { distributionChart } from '../svg/distribution.ts';
import { capitalised, count, figure, phaseInWords } from '../wording.ts';
import { both } from './both-widths.ts';
import { html, raw, type Markup } from './markup.ts';
import { tableMarkup } from './sections.ts';

export function timedSections(runs: readonly TimedRun[]): readonly Markup[] {
  return [...runs.map(runSection), latencySection(runs)];
}

/** What the page's script draws from. */
export const panelData = (runs: readonly TimedRun[]): unknown =>
  runs.map((run) => ({
    name: run.name,
    length: run.goodput.length,
    panels: panelsOf(run),
    marks: marksOf(run),
  }));

function runSection(run: TimedRun, index: number): Markup {
  return html`<section class="long">
    <h2>${run.name}</h2>
    ${verdict(run)} ${panelsOf(run).map((panel, row) => panelMarkup(panel, `panel-${index}-${row}`))}
    <noscript><p>The charts need JavaScript; the figures are below.</p></noscript>
    ${secondsTable(run)}
  </section>`;
}

function verdict(run: TimedRun): Markup {
  const bad = run.verdict !== null || fell(run) || failed(run);
  const evidence = evidenceOf(run);
  return html`<div class="verdict ${bad ? 'fell' : ''}">
    <p>${[capitalised(runSentence(run)), ...errorSentence(run)].join(' ')}</p>
    ${
      evidence.length === 0
        ? ''
        : html`<ul>
            ${evidence.map((line) => html`<li>${line}</li>`)}
          </ul>`
    }
  </div>`;
}

function panelMarkup({ title, series }: Panel, id: string): Markup {
  return html`<div class="panel" id="${id}">
    <div class="panel-head">
      <h3>${title}</h3>
      ${series.map(
        ({ label, colour, dashed }) =>
          html`<span class="key${dashed === true ? ' dashed' : ''}" style="--key: var(--${colour})"
            >${label}<span class="figure"></span
          ></span>`,
      )}
    </div>
    <div class="canvas" role="img" aria-label="${title} over time"></div>
  </div>`;
}

function secondsTable({ seconds }: TimedRun): Markup {
  const whole = (value: number | null): string => (value === null ? '' : count(value));
  const phases = phasesOf(seconds);
  const columns = [
    'second',
    'good',
    'attempts',
    'errors',
    ...phases.map(phaseInWords),
    'p50 ms',
    'p99 ms',
    'tracked',
    'dropped',
    'overflows',
  ].map((title) => ({ title, align: 'right' }) as const);
  const rows = seconds.map((second) => [
    String(second.second),
    whole(second.goodput),
    whole(second.attempts),
    whole(second.errors),
    ...phases.map((phase) => whole(second.phases[phase] ?? 0)),
    second.p50Ms === null ? '' : figure(second.p50Ms),
    second.p99Ms === null ? '' : figure(second.p99Ms),
    whole(second.conntrack),
    whole(second.conntrackDrops),
    whole(second.listenOverflows),
  ]);
  return html`<details>
    <summary>Second by second</summary>
    ${tableMarkup({ title: '', columns, rows })}
  </details>`;
}

const phasesOf = (seconds: TimedRun['seconds']): readonly string[] => [
  ...new Set(seconds.flatMap((second) => Object.keys(second.phases))),
];

function latencySection(runs: readonly TimedRun[]): Markup {
  if (distributionChart(runs, 400) === null) return raw('');
  const named = runs.filter((run) => run.distribution.length > 1);
  return html`<section>
    <h2>Latency of good answers, from when they were due</h2>
    <div class="panel-head">
      ${named.map(({ name }, index) => html`<span class="key series-${index % 4}">${name}</span>`)}
    </div>
    ${both((width) => distributionChart(runs, width))}
  </section>`;
}
