// The home page in a real browser, on a desk and on a phone, in light and in dark: what it says, and that it is quiet.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DIRECT, startedForSuite, WAYS } from '../support/ways.ts';
import type { Running, Way } from '../support/ways.ts';

const CHROMIUM = '/usr/bin/chromium';
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];

interface Sum {
  readonly total: number;
  readonly parts: number;
  readonly count: number;
}

/** A script whose last expression is its answer; its language is the browser's. */
const inPage = (file: string): string =>
  readFileSync(join(import.meta.dirname, '../support/in-page', file), 'utf8');

const DEVICES = [
  { name: 'desk', width: 1280, height: 900 },
  { name: 'phone', width: 390, height: 844 },
] as const;
const SCHEMES = ['light', 'dark'] as const;

const way = (kind: string): Way => WAYS.find((known) => known.kind === kind) ?? DIRECT;

/** Where a browser is not installed there is nothing to look with; the tests' own set-up installs it. */
describe.runIf(existsSync(CHROMIUM) || process.env['CI'] === 'true')('the home page', () => {
  const inProcess = startedForSuite(way('in-process'));
  const hop = startedForSuite(way('hop'));
  const direct = startedForSuite(DIRECT);
  let browser: Browser | undefined;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  }, 60_000);
  afterAll(async () => browser?.close());

  interface Visit {
    readonly page: Page;
    /** Everything the page complained of, and every address it asked for elsewhere. */
    readonly complaints: string[];
  }

  async function visit(
    running: Running,
    options: { width?: number; scheme?: 'light' | 'dark' } = {},
  ): Promise<Visit> {
    const { width = 1280, scheme = 'light' } = options;
    const context = await browser?.newContext({
      viewport: { width, height: 844 },
      colorScheme: scheme,
      ignoreHTTPSErrors: true,
    });
    if (context === undefined) throw new Error('expected a browser, got none');
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    const origin = `https://localhost:${running.httpsPort}`;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`)) complaints.push(request.url());
    });
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(`${origin}/`, { waitUntil: 'networkidle' });
    return { page, complaints };
  }

  const cases = DEVICES.flatMap((device) => SCHEMES.map((scheme) => ({ ...device, scheme })));

  it.each(cases)(
    'fits a $name in $scheme, asks nobody else and complains of nothing',
    async ({ width, scheme }) => {
      const { page, complaints } = await visit(inProcess(), { width, scheme });
      expect(complaints).toEqual([]);
      const scrolls = await page.evaluate<boolean>(
        'document.documentElement.scrollWidth > window.innerWidth',
      );
      expect(scrolls).toBe(false);
      expect(await darkness(page)).toBe(scheme);
    },
  );

  it('tells of protocol, TLS, front and app as the browser met them', async () => {
    const { page } = await visit(inProcess());
    const journey = await page.locator('.journey').innerText();
    for (const part of [
      '127.0.0.1',
      'HTTP/2.0',
      'TLSv1.3',
      'TLS_AES_128_GCM_SHA256',
      'Tollgate',
      'same process',
    ]) {
      expect(journey).toContain(part);
    }
    const added = await page.locator('#added').innerText();
    for (const name of [
      'x-forwarded-for',
      'forwarded',
      'x-request-id',
      'via',
      'x-forwarded-tls',
      'x-request-start',
    ]) {
      expect(added).toContain(name);
    }
    expect(await page.locator('#received').innerText()).toContain('user-agent');
  });

  it('tells of a hop, and of its protocol', async () => {
    const { page } = await visit(hop());
    expect(await page.locator('.journey').innerText()).toMatch(
      /HTTP\/2\.0[\s\S]*Front[\s\S]*HTTP\/1\.1[\s\S]*loopback TCP/,
    );
  });

  it('tells that there is no front when there is none', async () => {
    const { page, complaints } = await visit(direct());
    expect(complaints).toEqual([]);
    expect(await page.locator('.journey').innerText()).toMatch(/You[\s\S]*App/);
    expect(await page.locator('.journey .front').count()).toBe(0);
    expect(await page.locator('#added').innerText()).toContain('no front tier stands between');
  });

  it('adds up: the parts of the receipt are its totals, the browser’s included', async () => {
    const { page } = await visit(inProcess());
    const sums = await page.evaluate<Sum[]>(inPage('receipt-sums.js'));
    expect(sums).toHaveLength(2);
    for (const { total, parts, count } of sums) {
      expect(count).toBeGreaterThan(1);
      // Each part is rounded to a tenth at the coarsest.
      expect(Math.abs(total - parts)).toBeLessThan(0.06 * (count + 1));
    }
  });

  it('can be read without a script and used without a mouse', async () => {
    const { page } = await visit(inProcess());
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    expect(await page.locator('h1').count()).toBe(1);
    const unnamed =
      "[...document.querySelectorAll('a, img')].filter((it) => !it.textContent && !it.hasAttribute('alt'))";
    expect(await page.evaluate(`${unnamed}.length`)).toBe(0);
  });

  it.each(SCHEMES)('has text that stands out from its ground by 4.5 to 1 in %s', async (scheme) => {
    const { page } = await visit(inProcess(), { scheme });
    expect(await page.evaluate(inPage('faint-texts.js'))).toEqual([]);
  });
});

async function darkness(page: Page): Promise<'light' | 'dark'> {
  const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  const [red = 255] = /\d+/.exec(background)?.map(Number) ?? [];
  return red < 128 ? 'dark' : 'light';
}
