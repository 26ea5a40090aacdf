// A table for a terminal: columns as wide as they need, the last resort being to shorten the first.

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

const GAP = '  ';

export function terminalTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => (row[index] ?? '').length)));
  const over = widths.reduce((sum, column) => sum + column + GAP.length, -GAP.length) - width;
  widths[0] = Math.max(8, (widths[0] ?? 0) - Math.max(0, over));
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, index) => cell(row[index] ?? '', widths[index] ?? 0, align))
      .join(GAP)
      .trimEnd();
  const rule = widths.map((column) => '─'.repeat(column)).join(GAP);
  return [line(columns.map(({ title }) => title)), rule, ...rows.map(line)];
}

function cell(text: string, width: number, align: 'left' | 'right'): string {
  const short = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  const space = ' '.repeat(Math.max(0, width - short.length));
  return align === 'left' ? short + space : space + short;
}
