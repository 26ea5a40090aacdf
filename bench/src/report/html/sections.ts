// The parts of the page that every kind of result has: findings, tables, warnings, the machine, the configurations.
import type { Result } from '../../format/result.ts';
import { findingsOf, titleOf } from '../findings.ts';
import { machineCard } from '../machine-card.ts';
import type { Configuration } from '../read.ts';
import { failed, fell } from '../steady.ts';
import type { Table } from '../tables.ts';
import { moment } from '../wording.ts';
import { html, raw, type Markup } from './markup.ts';

export function headSection(result: Result): Markup {
  const fallen =
    'runs' in result ? result.runs.map((run) => run.verdict !== null || fell(run) || failed(run)) : [];
  // The findings of runs come last, one each; a knee is said before them.
  const findings = findingsOf(result);
  const offset = findings.length - fallen.length;
  return html`<header>
    <p class="product">Tollgate bench · ${moment(result.startedAt)}</p>
    <h1>${titleOf(result)}</h1>
    <ul class="findings">
      ${findings.map((text, index) => html`<li class="${fallen[index - offset] === true ? 'fell' : ''}">${text}</li>`)}
    </ul>
  </header>`;
}

export function tableSection(table: Table): Markup {
  return html`<section>
    <h2>${table.title}</h2>
    ${tableMarkup(table)}
  </section>`;
}

export function tableMarkup({ columns, rows, note }: Table): Markup {
  const row = (cells: readonly string[]): Markup =>
    html`<tr class="${cells.includes('~') ? 'untold' : ''}">
      ${columns.map(({ title, align }, index) => html`<td class="${align}" data-title="${title}">${cells[index] ?? ''}</td>`)}
    </tr>`;
  return html`<table>
      <thead>
        <tr>
          ${columns.map(({ title, align }) => html`<th class="${align}" scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(row)}
      </tbody>
    </table>
    ${note === undefined ? '' : html`<p class="note">${note}</p>`}`;
}

export function warningSection({ warnings, reruns }: Result): Markup {
  if (warnings.length === 0 && reruns === 0) return raw('');
  const repeated =
    reruns === 0
      ? []
      : [
          html`<li>
            ${reruns} measurements were repeated.<span class="advice"
              >The validity gates had refused them: the machine was disturbed while they ran.</span
            >
          </li>`,
        ];
  return html`<section>
    <h2>Mind</h2>
    <ul class="warnings">
      ${[
        ...repeated,
        ...warnings.map(
          ({ message, advice }) => html`<li>${message}<span class="advice">${advice}</span></li>`,
        ),
      ]}
    </ul>
  </section>`;
}

export function machineSection(result: Result): Markup {
  return html`<section>
    <h2>Made on</h2>
    <dl>
      ${machineCard(result.machine).map(
        ([name, text]) =>
          html`<dt>${name}</dt>
            <dd>${text}</dd>`,
      )}
    </dl>
    <p class="note">Made again by</p>
    <pre class="wraps">${result.command}</pre>
  </section>`;
}

export function configurationSection(configurations: readonly Configuration[]): Markup {
  if (configurations.length === 0) return raw('');
  return html`<section class="long">
    <h2>What was measured</h2>
    <p class="hint">The exact configuration of every subject.</p>
    ${configurations.map(
      ({ subject, file, text }) =>
        html`<details class="configs">
          <summary>${subject}: ${file}</summary>
          <pre>${text}</pre>
        </details>`,
    )}
  </section>`;
}
