// The live page in a real browser, on a desk and on a phone, in light and in dark, while the site is asked; and its switches.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { statusOf } from '../support/admin.ts';
import { ask } from '../support/ask.ts';
import { config, PATIENCE_MS, serve, site, type Running } from '../support/tollgate.ts';

const CHROMIUM = '/usr/bin/chromium';
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];

const inPage = (file: string): string =>
  readFileSync(join(import.meta.dirname, '../support/in-page', file), 'utf8');

const OVER_TCP = config().replace('admin: unix:./admin.sock', 'admin: 127.0.0.1:0');
const DEVICES = [
  { width: 1280, scheme: 'light' },
  { width: 375, scheme: 'dark' },
] as const;

interface Visit {
  readonly page: Page;
  /** Everything the page complained of, and every address it asked for elsewhere. */
  readonly complaints: string[];
}

async function visit(
  browser: Browser,
  origin: string,
  { width, scheme }: (typeof DEVICES)[number],
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme: scheme });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (asked) => {
    if (!asked.url().startsWith(`${origin}/`)) complaints.push(asked.url());
  });
  await page.goto(`${origin}/`);
  return { page, complaints };
}

/** Asks the site over and over until the test is over. */
function askOn({ httpsPort }: Running): void {
  const until = new AbortController();
  const asking = (async () => {
    while (!until.signal.aborted) await ask(httpsPort, 'h1', { path: '/' });
  })();
  onTestFinished(async () => {
    until.abort();
    await asking;
  });
}

const adminOf = (running: Running): string =>
  /http:\/\/127\.0\.0\.1:\d+(?= +admin)/.exec(running.stderr())?.[0] ?? '';

/** Pixels of a canvas that are not empty. */
const PAINTED = `[...document.querySelectorAll('canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, at) => at % 4 === 3 && value > 0).length;
})`;

describe.runIf(existsSync(CHROMIUM) || process.env['CI'] === 'true')('the live page', () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  }, 60_000);
  afterAll(async () => browser?.close());

  it('draws what happens on a desk and on a phone, asks nobody else, and takes its orders', async () => {
    const running = await serve(site({ 'tollgate.yaml': OVER_TCP }));
    askOn(running);
    for (const device of DEVICES) {
      if (browser === undefined) throw new Error('expected a browser, got none');
      const { page, complaints } = await visit(browser, adminOf(running), device);
      await expectDrawn(page);
      await expectSwitches(page, device.width < 500 ? 'errors' : 'auto');
      expect(complaints).toEqual([]);
      await page.close();
    }
    const switched = running.events().filter(({ to }) => to === 'auto' || to === 'errors');
    expect(switched.map(({ from, to }) => [from, to])).toEqual([
      ['on', 'auto'],
      ['auto', 'errors'],
    ]);
  });
});

async function expectDrawn(page: Page): Promise<void> {
  const text = (selector: string) => () => page.locator(selector).textContent();
  await expect.poll(text('#rate'), { timeout: PATIENCE_MS }).toMatch(/^[1-9]/);
  await expect.poll(text('#p99')).toMatch(/ (µs|ms|s)$/);
  await expect.poll(text('.total dd')).toMatch(/ µs$/);
  const painted = await page.evaluate<number[]>(PAINTED);
  expect(painted).toHaveLength(2);
  for (const pixels of painted) expect(pixels).toBeGreaterThan(1000);
  expect(await page.evaluate('document.documentElement.scrollWidth > window.innerWidth')).toBe(false);
  expect(await page.evaluate(inPage('faint-texts.js'))).toEqual([]);
}

async function expectSwitches(page: Page, mode: string): Promise<void> {
  await page.locator(`#log-modes [value=${mode}]`).click();
  await expect.poll(() => page.locator('#log-modes [aria-pressed=true]').textContent()).toBe(mode);
  await page.locator('#layers').click();
  await expect
    .poll(() => page.locator('#toll').textContent())
    .toMatch(/TLS handshakes.*±.*Garbage collector/);
}

describe('the switch of the request log', () => {
  const order = (directory: string, body: string, type = 'application/json'): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const asking = request({
        socketPath: join(directory, 'admin.sock'),
        method: 'POST',
        path: '/request-log',
        headers: { 'content-type': type },
      });
      asking.on('error', reject);
      asking.on('response', (response) => {
        json(response).then(resolve, reject);
      });
      asking.end(body);
    });

  it('reaches every worker, also the one that replaces a dead one, and ends with the next reload', async () => {
    const running = await serve(site({ 'tollgate.yaml': config(['workers: 2']) }));
    const { directory } = running;
    const modes = async (): Promise<(string | undefined)[]> =>
      (await statusOf(directory)).processes.map(({ report }) => report?.requestLog.mode);
    const refused = { error: 'expected {"mode": "off", "on", "errors" or "auto"} as JSON' };
    expect(await order(directory, '{"mode":"loud"}')).toEqual(refused);
    // As a form of another page could send it.
    expect(await order(directory, '{"mode":"off"}', 'text/plain')).toEqual(refused);
    expect(await order(directory, 'x'.repeat(5000))).toEqual(refused);
    expect(await modes()).toEqual(['on', 'on']);
    expect(await order(directory, '{"mode":"errors"}')).toEqual({ mode: 'errors' });
    expect(await modes()).toEqual(['errors', 'errors']);
    process.kill((await statusOf(directory)).processes[0]?.pid ?? 0, 'SIGKILL');
    await expect.poll(async () => (await statusOf(directory)).processes[0]?.restarts).toBe(1);
    await expect.poll(modes, { timeout: PATIENCE_MS }).toEqual(['errors', 'errors']);
    expect(running.events()).toContainEqual(expect.objectContaining({ from: 'on', to: 'errors' }));
    running.signal('SIGHUP');
    await expect.poll(modes, { timeout: PATIENCE_MS }).toEqual(['on', 'on']);
  });
});
