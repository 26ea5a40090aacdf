// report.md: the whole result as text, to paste into an issue.
import type { Result, TimedRun } from '../format/result.ts';
import { evidenceOf, findingsOf, titleOf } from './findings.ts';
import { machineCard } from './machine-card.ts';
import { tablesOf, type Table } from './tables.ts';
import { count, moment, mostFirst, phaseInWords } from './wording.ts';

export function markdownReport(result: Result): string {
  const sections = [
    `# ${titleOf(result)}`,
    findingsOf(result).map(listItem).join('\n'),
    ...tablesOf(result).map(markdownTable),
    ...runsOf(result).map(runSection),
    warningSection(result),
    machineSection(result),
    `Made ${moment(result.startedAt)} by\n\n\`\`\`\n${result.command}\n\`\`\``,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

const listItem = (text: string): string => `- ${escapeCell(text)}`;

function markdownTable({ title, columns, rows, note }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  const rule = columns.map(({ align }) => (align === 'left' ? '---' : '--:'));
  return [
    `## ${title}`,
    '',
    line(columns.map((column) => column.title)),
    `|${rule.join('|')}|`,
    ...rows.map(line),
    ...(note === undefined ? [] : ['', escapeCell(note)]),
  ].join('\n');
}

const escapeCell = (text: string): string => text.replaceAll(/[|*_`<>~\\]/g, '\\$&').replaceAll('\n', ' ');

const runsOf = (result: Result): readonly TimedRun[] => ('runs' in result ? result.runs : []);

/** Second by second, with the table's filling beside it, and what the verdict rests on. */
function runSection(run: TimedRun): string {
  const evidence = evidenceOf(run);
  const phases = mostFirst(run.errors);
  const width = Math.max(10, ...phases.map((phase) => phaseInWords(phase).length + 1));
  const series = (name: string, values: readonly (number | null)[]): string =>
    `${name.padEnd(width)}${values.map((value) => (value === null ? '-' : count(value))).join(' ')}`;
  const tracked = run.conntrack.some((value) => value !== null);
  return [
    `## ${run.name}, second by second`,
    '',
    '```',
    series('goodput', run.goodput),
    series('attempts', run.attempts),
    ...phases.map((phase) =>
      series(
        phaseInWords(phase),
        run.seconds.map((second) => second.phases[phase] ?? 0),
      ),
    ),
    ...(tracked ? [series('conntrack', run.conntrack)] : []),
    '```',
    ...(evidence.length === 0 ? [] : ['', 'Evidence:', '', ...evidence.map(listItem)]),
  ].join('\n');
}

function warningSection({ warnings, reruns }: Result): string {
  if (warnings.length === 0 && reruns === 0) return '';
  const repeated = reruns === 0 ? [] : [`- ${reruns} measurements were repeated by the validity gates.`];
  return [
    '## Mind',
    '',
    ...repeated,
    ...warnings.map(({ message, advice }) => listItem(`${message} ${advice}`)),
  ].join('\n');
}

function machineSection({ machine }: Result): string {
  const rows = machineCard(machine).map(([name, text]) => `| ${escapeCell(name)} | ${escapeCell(text)} |`);
  return ['## Machine', '', '| | |', '|---|---|', ...rows].join('\n');
}
