// What `crosscheck` found, as a table for a terminal, and what each tool is known to get wrong.
import type { Crosschecked } from '../format/crosscheck.ts';
import type { Interval } from '../format/result.ts';
import { terminalTable } from './terminal-table.ts';
import { count, figure } from './wording.ts';

const COLUMNS = [
  { title: 'connections', align: 'left' },
  { title: 'tool', align: 'left' },
  { title: 'good/s', align: 'right' },
  { title: 'ours / tool', align: 'right' },
  { title: 'µs CPU per answer', align: 'right' },
  { title: 'ours / tool', align: 'right' },
  { title: 'failed', align: 'right' },
] as const;

export function crosscheckTable(rows: readonly Crosschecked[], width: number): string {
  const cells = rows.map((row) => [
    row.mode === 'new' ? 'new' : 'kept',
    row.tool,
    count(row.goodPerSecond),
    withInterval(row.goodputRatio),
    figure(row.cpuMicrosPerAnswer),
    withInterval(row.cpuRatio),
    count(row.failed),
  ]);
  return terminalTable(COLUMNS, cells, width).join('\n');
}

const withInterval = (ratio: Interval | null): string =>
  ratio === null ? '' : `${ratio.estimate.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`;
