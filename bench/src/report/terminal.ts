// The summary on a terminal: findings, the tables that fit, warnings with advice. Plain without colour; never over 100 columns.
import { styleText } from 'node:util';
import type { Result } from '../format/result.ts';
import { findingsOf, titleOf } from './findings.ts';
import { tablesOf, type Table } from './tables.ts';
import { terminalTable } from './terminal-table.ts';

export interface TerminalOptions {
  /** Of the terminal; more than 100 is not used. */
  readonly columns: number;
  readonly colour: boolean;
}

const WIDEST = 100;

export function terminalSummary(result: Result, { columns, colour }: TerminalOptions): string {
  const width = Math.min(WIDEST, Math.max(40, columns));
  const bold = (text: string): string => (colour ? styleText('bold', text, { validateStream: false }) : text);
  const dim = (text: string): string => (colour ? styleText('dim', text, { validateStream: false }) : text);
  const sections = [
    [bold(titleOf(result))],
    findingsOf(result).flatMap((finding) => wrap(finding, width, '  ')),
    ...tablesOf(result)
      .filter((table) => !isDetail(table))
      .map((table) => [bold(table.title), ...tableLines(table, width).map(markUntold(dim))]),
    warningLines(result, width, bold),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** The rungs carry too many columns for a terminal; the page and the markdown have them. */
const isDetail = ({ title }: Table): boolean => title.startsWith('Rungs');

function tableLines(table: Table, width: number): readonly string[] {
  const lines = terminalTable(table.columns, table.rows, width);
  return table.note === undefined ? lines : [...lines, ...wrap(table.note, width, '')];
}

const markUntold =
  (dim: (text: string) => string) =>
  (line: string): string =>
    / ~ /.test(line) ? dim(line) : line;

function warningLines(
  { warnings, reruns }: Result,
  width: number,
  bold: (text: string) => string,
): readonly string[] {
  if (warnings.length === 0 && reruns === 0) return [];
  return [
    bold('Mind'),
    ...(reruns === 0 ? [] : wrap(`${reruns} measurements were repeated by the validity gates.`, width, '  ')),
    ...warnings.flatMap(({ message, advice }) => wrap(`${message} ${advice}`, width, '  ')),
  ];
}

/** The first line hangs out by a mark, the others line up below it. */
export function wrap(text: string, width: number, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${word}` : word;
  }
  return [...lines, line];
}
