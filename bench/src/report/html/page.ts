// report.html: one file that opens without a network; style, script and drawings are inside.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Result } from '../../format/result.ts';
import { titleOf } from '../findings.ts';
import type { KeptRun } from '../read.ts';
import { tablesOf } from '../tables.ts';
import { breakdownSections } from './breakdown.ts';
import { calibrationSections } from './calibration.ts';
import { compareSections } from './compare.ts';
import { html, json, raw, type Markup } from './markup.ts';
import {
  configurationSection,
  headSection,
  machineSection,
  tableSection,
  warningSection,
} from './sections.ts';
import { readingSection } from './readings.ts';
import { panelData, timedSections } from './timed.ts';

export function htmlReport({ result, rows, configurations }: KeptRun): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${titleOf(result)} · Tollgate bench</title>
        <link rel="icon" href="data:," />
        <style>
          ${['palette.css', 'drawing.css', 'page.css'].map((name) => raw(asset(name)))}
        </style>
      </head>
      <body>
        <main>
          ${headSection(result)} ${ownSections(result)} ${tablesOf(result).map(tableSection)}
          ${warningSection(result)} ${readingSection(rows)} ${machineSection(result)}
          ${configurationSection(configurations)}
        </main>
        ${'runs' in result ? charts(result.runs) : ''}
      </body>
    </html> `;
  return `${page.text.trim()}\n`;
}

function ownSections(result: Result): readonly Markup[] {
  switch (result.kind) {
    case 'breakdown':
      return breakdownSections(result);
    case 'cliff':
    case 'load':
    case 'knee':
      return timedSections(result.runs);
    case 'compare':
      return compareSections(result);
    case 'calibration':
      return calibrationSections(result);
  }
}

function charts(runs: Parameters<typeof panelData>[0]): Markup {
  const dist = dirname(createRequire(import.meta.url).resolve('uplot'));
  const library = (name: string): Markup => raw(readFileSync(join(dist, name), 'utf8'));
  return html`<style>
      ${library('uPlot.min.css')}
    </style>
    <script type="application/json" id="panels">
      ${json(panelData(runs))}
    </script>
    <script>
      ${library('uPlot.iife.min.js')};
    </script>
    <script>
      ${raw(asset('charts.js'))};
    </script>`;
}

const asset = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');
