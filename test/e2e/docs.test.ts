// The documents in a real browser, on a desk and on a phone, and where their links lead.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readDocuments, type Document } from '../support/documents.ts';

const ROOT = join(import.meta.dirname, '../..');
const CHROMIUM = '/usr/bin/chromium';
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
/** As forges have it: what is wide scrolls by itself. */
const STYLE = `body { margin: 1rem; font: 16px/1.5 sans-serif; overflow-wrap: break-word }
  pre, table { display: block; overflow: auto; max-width: 100% }`;

const documents = readDocuments();
const named = new Map(documents.map((one) => [one.file, one]));

function isBroken({ file, anchor }: Document['links'][number]): boolean {
  if (!existsSync(join(ROOT, file))) return true;
  return anchor !== '' && named.get(file)?.anchors.has(anchor) !== true;
}

it('finds the documents, and the links between them', () => {
  expect(named.get('README.md')?.links).toContainEqual({ file: 'CONFIGURATION.md', anchor: '' });
});

it.each(documents)('$file leads to nothing that is not there', ({ html, links }) => {
  expect(links.filter(isBroken)).toEqual([]);
  const decisions = [...html.matchAll(/decisions\/\d{4}/g)].map(([start]) => start);
  const known = [...named.keys()];
  expect(decisions.filter((start) => !known.some((file) => file.startsWith(start)))).toEqual([]);
});

describe.runIf(existsSync(CHROMIUM) || process.env['CI'] === 'true')('in a browser', () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  }, 60_000);
  afterAll(async () => browser?.close());

  it.each([
    ['desk', 1280],
    ['phone', 390],
  ])('every document fits a %s, with its tables made, and complains of nothing', async (_device, width) => {
    const page = await browser?.newPage({ viewport: { width, height: 844 } });
    if (page === undefined) throw new Error('expected a browser, got none');
    onTestFinished(() => page.close());
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('request', (request) => complaints.push(request.url()));
    for (const { file, html } of documents) {
      await page.setContent(`<!doctype html><style>${STYLE}</style>${html}`);
      const scrolls = await page.evaluate<boolean>(
        'document.documentElement.scrollWidth > window.innerWidth',
      );
      if (scrolls) complaints.push(`${file} is wider than ${width} pixels`);
      const prose = await page.locator('p').allInnerTexts();
      complaints.push(...prose.filter((text) => /^\||\|$/.test(text)).map((text) => `${file}: ${text}`));
    }
    expect(complaints).toEqual([]);
  });
});
