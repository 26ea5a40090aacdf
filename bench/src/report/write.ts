// The result and every report of a results directory, made from its rows alone: so they can be made again at any time.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../format/result.ts';
import { htmlReport } from './html/page.ts';
import { markdownReport } from './markdown.ts';
import { readRun } from './read.ts';
import { standaloneSvgs } from './svg/standalone.ts';

/** Writes result.json, report.html, report.md and the SVG files into the directory, and answers what it read. */
export function writeReports(directory: string): Result {
  const run = readRun(directory);
  writeFileSync(join(directory, 'result.json'), `${JSON.stringify(run.result, null, 2)}\n`);
  writeFileSync(join(directory, 'report.html'), htmlReport(run));
  writeFileSync(join(directory, 'report.md'), markdownReport(run.result));
  for (const { file, text } of standaloneSvgs(run.result)) {
    writeFileSync(join(directory, file), text);
  }
  return run.result;
}
