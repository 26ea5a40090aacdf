// `shedding`: what is turned away while the loop is late, and that it ends.
import { describe, expect, it, onTestFinished } from 'vitest';
import { LoadMeter } from '../../src/policy/shedding.ts';
import { plain, respond, route, startFront } from '../support/front.ts';
import { rawConnect } from '../support/raw.ts';

const shareOf = (meter: LoadMeter, requests: number): number =>
  Array.from({ length: requests }, () => meter.sheds()).filter(Boolean).length / requests;

describe('the load meter', () => {
  it('turns a growing share away while the loop is late, never all, and fewer when it is not', () => {
    const meter = new LoadMeter();
    meter.configure(50);
    onTestFinished(() => meter.stop());
    expect(shareOf(meter, 100)).toBe(0);
    for (let count = 0; count < 3; count++) meter.look(51);
    expect(shareOf(meter, 100)).toBeCloseTo(0.3, 1);
    for (let count = 0; count < 100; count++) meter.look(5000);
    expect(shareOf(meter, 100)).toBeCloseTo(0.95, 1);
    for (let count = 0; count < 10; count++) meter.look(50);
    expect(shareOf(meter, 100)).toBeCloseTo(0.45, 1);
    for (let count = 0; count < 10; count++) meter.look(0);
    expect(shareOf(meter, 100)).toBe(0);
  });

  it('turns nobody away unless it is asked to', () => {
    const meter = new LoadMeter();
    meter.look(1e6);
    expect(shareOf(meter, 10)).toBe(0);
    meter.configure(10);
    meter.look(1e6);
    meter.configure(undefined);
    meter.look(1e6);
    expect(shareOf(meter, 100)).toBe(0);
  });
});

/** In the very process that serves: nothing else happens meanwhile. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end) continue;
}

it('a front whose loop is late answers 503 with Retry-After to some, and to nobody when it is well again', async () => {
  const headers = {
    request: { set: [], remove: [] },
    response: { set: [], add: [], remove: [] },
    security: true,
  };
  const routes = [route('/', respond('hello')), route('/full', respond('hello'), 0, { headers })];
  const { front, httpPort } = await startFront(plain({ sheddingDelayMs: 250, routes }));
  const statuses = async (path: string): Promise<string[]> => {
    const client = rawConnect(httpPort);
    const last = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    client.write(last.replace('close', 'keep-alive').repeat(19) + last);
    const text = await client.untilClosed();
    expect(text.match(/\r\nRetry-After: 2\r\n/g)?.length ?? 0).toBe(text.split('HTTP/1.1 503').length - 1);
    return [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);
  };
  for (let count = 0; count < 5; count++) {
    block(400);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const busy = [...(await statuses('/')), ...(await statuses('/full'))];
  expect(busy).toContain('503');
  expect(busy).toContain('200');
  expect(front.status().refusals).toEqual({ shed: busy.filter((status) => status === '503').length });
  await expect.poll(async () => new Set(await statuses('/'))).toEqual(new Set(['200']));
});
