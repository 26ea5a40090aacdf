import { createHash } from 'node:crypto';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DOWNLOAD_PERIOD, downloadPiece } from '../../src/routes/download-content.ts';
import { runningSite } from '../running-site.ts';

const answer = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const request = get(url, resolve).on('error', reject);
    onTestFinished(() => void request.destroy());
  });

function expected(bytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes; at += pieces.at(-1)?.length ?? 0) pieces.push(downloadPiece(at, bytes - at));
  return Buffer.concat(pieces);
}

describe('GET /download', () => {
  it.each([0, 1, 1024, 65_536, 65_537, DOWNLOAD_PERIOD, 3_000_001])(
    'sends exactly %i bytes, each where it belongs',
    async (bytes) => {
      const { url } = await runningSite();
      const response = await fetch(`${url}/download?bytes=${bytes}`);
      expect(response.headers.get('content-length')).toBe(String(bytes));
      expect(Buffer.from(await response.arrayBuffer()).equals(expected(bytes))).toBe(true);
    },
  );

  it('never repeats within a piece that a copy could lose or swap', () => {
    const digest = (at: number): string => createHash('sha1').update(downloadPiece(at, 65_536)).digest('hex');
    const digests = Array.from({ length: 64 }, (_, piece) => digest(piece * 65_536));
    expect(new Set(digests).size).toBe(64);
  });

  it('tells HEAD the length of 16 GiB without making them', async () => {
    const { url } = await runningSite();
    const response = await fetch(`${url}/download?bytes=${16 * 1024 ** 3}`, { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe('17179869184');
  });

  it.each(['17179869185', '-1', '1e3', 'x', '', '1&bytes=2'])(
    'refuses bytes=%s with a message that says what was expected',
    async (bytes) => {
      const { url } = await runningSite();
      const response = await fetch(`${url}/download?bytes=${bytes}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('expected a whole number from 0 to 17179869184');
    },
  );

  it('makes no more than the buffers hold for a client that does not read', async () => {
    const { url } = await runningSite();
    const before = process.memoryUsage().rss;
    const response = await answer(`${url}/download?bytes=${1024 ** 3}`);
    response.pause();
    await wait(500);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 ** 2);
    expect(response.complete).toBe(false);
  });
});
