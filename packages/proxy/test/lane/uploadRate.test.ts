import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { UploadRate } from '../../src/lane/uploadRate.ts';
import { plain, route, startFront, upstream } from '../support/front.ts';
import { rawConnect } from '../support/raw.ts';
import { rawUpstream } from '../support/upstream.ts';

describe('the least rate of an upload', () => {
  it('holds after 20 s, on average', () => {
    const rate = new UploadRate(500, 30_000, 1000);
    expect(rate.arrived(0, 21_000)).toBe(true);
    expect(rate.arrived(9999, 21_001)).toBe(false);
    expect(rate.arrived(10_001, 21_001)).toBe(true);
    expect(rate.arrived(15_000, 41_000)).toBe(false);
  });

  it('leaves out the time in which the target was waited for', () => {
    const rate = new UploadRate(500, 30_000, 0);
    rate.pause(10_000);
    rate.pause(15_000);
    rate.resume(100_000);
    rate.resume(105_000);
    expect(rate.arrived(0, 110_000)).toBe(true);
    expect(rate.arrived(0, 110_001)).toBe(false);
  });

  it('is none when it is 0', () => {
    expect(new UploadRate(0, 30_000, 0).arrived(0, 1_000_000)).toBe(true);
  });
});

it('the silence of an upload is counted from its last piece, without the time in which the target was waited for', () => {
  const rate = new UploadRate(0, 1000, 0);
  expect(rate.leftMs(400)).toBe(600);
  rate.arrived(1, 500);
  expect(rate.leftMs(600)).toBe(900);
  rate.pause(700);
  expect(rate.leftMs(5000)).toBe(Number.POSITIVE_INFINITY);
  rate.resume(5000);
  expect(rate.leftMs(5300)).toBe(500);
  expect(rate.leftMs(9000)).toBe(0);
});

it('an upload that drips is answered with 408 by the wire lane', async () => {
  const { url, seen } = await rawUpstream(() => undefined);
  const to = upstream([url], { engine: 'wire' });
  const { httpPort } = await startFront(
    plain({ routes: [route('/', to)], limits: { bodyBytesPerSecond: 500 } }),
  );

  const client = rawConnect(httpPort);
  client.write('POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000\r\n\r\nabc');
  // Until then the target is waited for, which does not count.
  await expect.poll(() => seen[0]).toMatch(/abc$/);
  const now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 25_000);
  onTestFinished(() => clock.mockRestore());
  client.write('d');
  expect(await client.untilClosed()).toMatch(/^HTTP\/1\.1 408 /);
});
