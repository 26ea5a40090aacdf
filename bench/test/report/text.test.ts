// The text reports against golden files (`UPDATE_GOLDEN=1` writes them anew; read the difference before you commit it).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/format/result.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { terminalSummary, wrap } from '../../src/report/terminal.ts';
import { terminalTable } from '../../src/report/terminal-table.ts';
import { figure } from '../../src/report/wording.ts';
import {
  breakdownFixture,
  calibrationFixture,
  cliffFixture,
  compareFixture,
  loadFixture,
} from './fixture-results.ts';

const results: readonly Result[] = [
  breakdownFixture,
  calibrationFixture,
  cliffFixture,
  compareFixture,
  loadFixture,
];
const GOLDEN = join(import.meta.dirname, 'golden');

function expectGolden(name: string, text: string): void {
  const path = join(GOLDEN, name);
  if (process.env['UPDATE_GOLDEN'] !== undefined) {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(path, text);
  }
  expect(text).toBe(readFileSync(path, 'utf8'));
}

describe.each(results.map((result) => [result.kind, result] as const))('%s', (kind, result) => {
  it('is the golden markdown', () => {
    expectGolden(`${kind}.md`, markdownReport(result));
  });

  it('is the golden terminal summary at 100 columns, without a colour code', () => {
    const summary = terminalSummary(result, { columns: 180, colour: false });
    expectGolden(`${kind}.txt`, `${summary}\n`);
    // oxlint-disable-next-line no-control-regex -- escape codes are what must not be there
    expect(summary).not.toMatch(/\u001B/);
  });

  it.each([60, 80, 100])('fits a terminal of %d columns but for a table that cannot shrink', (columns) => {
    const prose = terminalSummary(result, { columns, colour: false })
      .split('\n')
      .filter((line) => line.startsWith('  '));
    expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(columns);
    const all = terminalSummary(result, { columns: 100, colour: false }).split('\n');
    expect(Math.max(...all.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('has the same words in colour', () => {
    // oxlint-disable-next-line no-control-regex -- escape codes are what is taken away
    const bare = terminalSummary(result, { columns: 100, colour: true }).replaceAll(/\u001B\[\d+m/g, '');
    expect(bare).toBe(terminalSummary(result, { columns: 100, colour: false }));
  });
});

describe('honesty', () => {
  it('prints no number for the cost of a layer that is not distinguishable', () => {
    const line = markdownReport(breakdownFixture)
      .split('\n')
      .find((row) => row.includes('request-log: file'));
    expect(line).toBe(
      '| request-log: file | \\~ | -1.10 to 3.30 | \\~ | 0.410 | about 24 pairs would tell |',
    );
  });

  it('does not say of a run that it held when many attempts failed', () => {
    const [run, ...rest] = loadFixture.runs;
    const failing: Result = {
      ...loadFixture,
      runs: [{ ...run, errors: { refused: 4000 } } as (typeof loadFixture.runs)[0] & object, ...rest],
    };
    expect(markdownReport(failing)).toContain('served 1,984/s at the end. 4,000 of 24,123 attempts failed');
    expect(markdownReport(loadFixture)).toContain('held at 1,984/s to the end.');
  });

  it('does not name a cause where none was found', () => {
    const [collapsed, ...rest] = cliffFixture.runs;
    const unexplained: Result = {
      ...cliffFixture,
      runs: [
        { ...collapsed, verdict: null, predictedCliffSecond: null } as (typeof cliffFixture.runs)[0] & object,
        ...rest,
      ],
    };
    expect(markdownReport(unexplained)).toContain(
      'stateful: goodput fell from 1,920/s to 0/s, and nothing that was watched explains it.',
    );
  });
});

describe('wording', () => {
  it.each([
    [0, '0'],
    [0.0312, '0.031'],
    [-0.0001, '0.000'],
    [4.714, '4.71'],
    [82.44, '82.4'],
    [1234.4, '1,234'],
    [Infinity, '∞'],
  ])('%d is written %s', (value, text) => {
    expect(figure(value)).toBe(text);
  });

  it('wraps at words and keeps the indent', () => {
    expect(wrap('one two three four', 10, '  ')).toEqual(['  one two', '  three', '  four']);
  });

  it('shortens the first column when a table is too wide', () => {
    const columns = [
      { title: 'name', align: 'left' },
      { title: 'value', align: 'right' },
    ] as const;
    expect(terminalTable(columns, [['a very long name indeed', '12']], 20)).toEqual([
      'name           value',
      '─────────────  ─────',
      'a very long …     12',
    ]);
  });
});
