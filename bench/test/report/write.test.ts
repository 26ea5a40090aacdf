// Reports come from the files of a results directory and from nothing else, a result that came without its rows among them.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Result } from '../../src/format/result.ts';
import { writeReports } from '../../src/report/write.ts';
import { breakdownFixture, cliffFixture } from './fixture-results.ts';

describe('writeReports', () => {
  it('writes the page, the markdown and the drawings of a breakdown', () => {
    const directory = resultsOf(breakdownFixture);
    expect(writeReports(directory)).toEqual(breakdownFixture);
    expect(readdirSync(directory).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'breakdown-keepalive.svg',
      'breakdown-new.svg',
      'breakdown-shared.svg',
      'configs',
      'report.html',
      'report.md',
      'result.json',
    ]);
  });

  it('makes the same bytes again', () => {
    const directory = resultsOf(cliffFixture);
    const made = (): readonly string[] => {
      writeReports(directory);
      return readdirSync(directory)
        .filter((name) => name !== 'configs')
        .map((name) => readFileSync(join(directory, name), 'utf8'));
    };
    expect(made()).toEqual(made());
  });

  it('shows the configuration of each subject, and lets nothing of it become markup', () => {
    const directory = resultsOf(breakdownFixture);
    writeReports(directory);
    const page = readFileSync(join(directory, 'report.html'), 'utf8');
    expect(page).toContain('worker_processes 1; # &lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toContain('<script>alert(1)');
  });

  it('shows every window, and is not stopped by the half line that a killed run leaves', () => {
    const directory = resultsOf(breakdownFixture);
    const row = (cell: string, gates: readonly string[]): string =>
      JSON.stringify({
        line: 'window',
        group: 'hop',
        cell,
        connectionMode: 'keepalive',
        cpuMicrosPerRequest: 40,
        gates,
        block: 0,
      });
    const rows = [row('app', []), row('app', ['steal']), '{"line":"wi'];
    writeFileSync(join(directory, 'rows.jsonl'), rows.join('\n'));
    writeReports(directory);
    const page = readFileSync(join(directory, 'report.html'), 'utf8');
    expect(page).toMatch(/1\s+of\s+2\s+are\s+hollow/);
    expect(page).toContain('40.0: block 1, steal');
  });

  it('cannot be broken out of by a name in the data of the charts', () => {
    const [first, ...rest] = cliffFixture.runs;
    const named = { ...first, name: '</script><script>alert(1)</script>' } as typeof first & object;
    const directory = resultsOf({ ...cliffFixture, runs: [named, ...rest] });
    writeReports(directory);
    expect(readFileSync(join(directory, 'report.html'), 'utf8')).not.toContain('<script>alert(1)');
  });

  it('says which file is missing or of what kind it is', () => {
    const directory = mkdtempSync(join(tmpdir(), 'report-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    expect(() => writeReports(directory)).toThrow(
      /result\.json: expected the result of a bench run, got no such file/,
    );
    writeFileSync(join(directory, 'result.json'), '{"kind":"poem"}');
    expect(() => writeReports(directory)).toThrow(/kind: expected breakdown, .*, got "poem"/);
  });
});

function resultsOf(result: Result): string {
  const directory = mkdtempSync(join(tmpdir(), 'report-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'configs', 'nginx'), { recursive: true });
  writeFileSync(
    join(directory, 'configs', 'nginx', 'nginx.conf'),
    'worker_processes 1; # <script>alert(1)</script>\n',
  );
  writeFileSync(join(directory, 'result.json'), JSON.stringify(result));
  return directory;
}
