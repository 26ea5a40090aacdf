// The page in a real browser: charts drawn, no error, no request, nothing wider than a phone.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Result } from '../../src/format/result.ts';
import { writeReports } from '../../src/report/write.ts';
import {
  breakdownFixture,
  calibrationFixture,
  cliffFixture,
  compareFixture,
  loadFixture,
} from './fixture-results.ts';

const CHROMIUM = '/usr/bin/chromium';
const missing = !existsSync(CHROMIUM);
const results: readonly Result[] = [
  breakdownFixture,
  calibrationFixture,
  cliffFixture,
  compareFixture,
  loadFixture,
];
const views: Readonly<Record<string, BrowserContextOptions>> = {
  desktop: { viewport: { width: 1280, height: 900 } },
  'desktop, dark': { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true },
};

it.runIf(process.env['CI'] === 'true')('has a browser to look with', () => {
  expect(missing).toBe(false);
});

describe.skipIf(missing)('report.html (skipped without /usr/bin/chromium)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });
  afterAll(() => browser.close());

  describe.each(Object.entries(views))('%s', (_name, view) => {
    it.each(results.map((result) => [result.kind, result] as const))(
      '%s: opens offline, without an error, no wider than the window',
      async (_kind, result) => {
        const { page, complaints } = await open(browser, result, view);
        expect(await page.title()).toMatch(/ · Tollgate bench$/);
        expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
        expect(complaints).toEqual([]);
      },
    );

    it('draws every panel over time, in colour and up to the collapse', async () => {
      const { page } = await open(browser, cliffFixture, view);
      expect(await page.locator('canvas').count()).toBe(11);
      expect(await page.locator('html').getAttribute('data-charts')).toBe('11');
      for (const canvas of await page.locator('canvas').all()) {
        expect(await canvas.evaluate(colouredPixels)).toBeGreaterThan(200);
      }
    });

    it('draws the waterfall with a bar for every layer and for every ground', async () => {
      const { page } = await open(browser, breakdownFixture, view);
      const visible = page.locator('svg.bars:visible');
      expect(await visible.count()).toBe(3);
      expect(await visible.locator('.bar').count()).toBe(
        // Two grounds, and the two parts of the whole.
        breakdownFixture.layers.length + 2 + 2,
      );
      expect(await visible.locator('.untold').count()).toBe(2);
    });
  });

  it('tells the figures of the second under the pointer, in all panels at once', async () => {
    const { page } = await open(browser, cliffFixture, views['desktop'] ?? {});
    const box = await page.locator('#panel-0-0 canvas').boundingBox();
    await page.mouse.move((box?.x ?? 0) + 120, (box?.y ?? 0) + 60);
    await expect.poll(() => page.locator('#panel-0-0 .figure').first().textContent()).toMatch(/^ \d+\/s$/);
    await expect.poll(() => page.locator('#panel-0-2 .figure').first().textContent()).toMatch(/^ \d+$/);
  });

  it('prints light, whatever the screen', async () => {
    const { page } = await open(browser, cliffFixture, views['desktop, dark'] ?? {});
    await page.emulateMedia({ media: 'print' });
    const ground = 'getComputedStyle(document.body).backgroundColor';
    expect(await page.evaluate(ground)).toBe('rgb(255, 255, 255)');
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
  });
});

/** Pixels that are neither transparent nor grey. Runs in the page. */
function colouredPixels(canvas: unknown): number {
  const { width, height } = canvas as { width: number; height: number };
  const context = (
    canvas as { getContext(kind: string): { getImageData(...box: number[]): { data: Uint8ClampedArray } } }
  ).getContext('2d');
  const { data } = context.getImageData(0, 0, width, height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(i, i + 4);
    if (alpha > 0 && Math.max(red, green, blue) - Math.min(red, green, blue) > 30) count++;
  }
  return count;
}

async function open(
  browser: Browser,
  result: Result,
  view: BrowserContextOptions,
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'report-'));
  writeFileSync(join(directory, 'result.json'), JSON.stringify(result));
  writeReports(directory);
  const page = await browser.newPage(view);
  onTestFinished(async () => {
    await page.close();
    rmSync(directory, { recursive: true });
  });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const itself = request.url().startsWith('file:') || request.url().startsWith('data:');
    if (!itself) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(`file://${join(directory, 'report.html')}`);
  return { page, complaints };
}
