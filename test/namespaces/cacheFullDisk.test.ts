// `cache.disk` on a filesystem that is really full: of 8 MB, where the cache believes that it has a gigabyte.
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { get, type Reply } from '../support/client.ts';
import { sampleOf } from '../support/scrape.ts';
import { serve, site, type Running } from '../support/tollgate.ts';

const MEGABYTE = 1024 * 1024;
const BODY_BYTES = 3 * MEGABYTE;
const bodyOf = (path: string): string => path.slice(1).repeat(BODY_BYTES);

const configFor = (upstream: string): string =>
  [
    'listen: { https: 127.0.0.1:0, http: 127.0.0.1:0 }',
    'admin: unix:./admin.sock',
    'sites:',
    "  - hosts: ['*']",
    '    tls: self-signed',
    '    cache: { maxBody: 64KB, disk: { directory: ./small/cache } }',
    `    routes: [{ path: /, upstream: '${upstream}' }]`,
    '',
  ].join('\n');

/** The mount is the front's alone, and goes with it. */
const ON_SMALL_DISK = {
  wrap: (command: readonly string[]): readonly string[] => {
    const script = 'mkdir small && mount -t tmpfs -o size=8m none small && exec "$0" "$@"';
    return ['unshare', '-m', 'sh', '-c', script, ...command];
  },
};

async function frontOnSmallDisk(): Promise<Running> {
  const { url } = await httpUpstream(({ url: path = '' }, response) => {
    response.writeHead(200, { 'cache-control': 'max-age=600', 'content-length': BODY_BYTES });
    response.end(bodyOf(path));
  });
  return serve(site({ 'tollgate.yaml': configFor(url) }), ON_SMALL_DISK);
}

const statusOf = ({ headers }: Reply): string => String(headers['cache-status']);

const usedBytes = ({ pid, directory }: Running): number => {
  const { blocks, bfree, bsize } = statfsSync(join(`/proc/${pid}/root`, directory, 'small'));
  return (blocks - bfree) * bsize;
};

it.skipIf(process.getuid?.() !== 0)(
  'answers whole what the disk has no room for, keeps what it has, and gives back what was half written',
  async () => {
    const running = await frontOnSmallDisk();
    const ask = (path: string): Promise<Reply> => get(running.httpsPort, path);
    for (const path of ['/1', '/2', '/3']) expect((await ask(path)).body).toBe(bodyOf(path));
    expect(await sampleOf(running, 'tollgate_cache_losses_total{cache="*",reason="disk-error"}')).toBe(1);
    expect(await sampleOf(running, 'tollgate_cache_disk_bytes{')).toBe(2 * BODY_BYTES);
    await expect.poll(() => usedBytes(running)).toBeLessThan(2 * BODY_BYTES + MEGABYTE);
    for (const path of ['/1', '/2']) {
      const kept = await ask(path);
      expect([statusOf(kept), kept.body === bodyOf(path)]).toEqual([expect.stringContaining('hit'), true]);
    }
    const again = await ask('/3');
    expect([statusOf(again), again.body === bodyOf('/3')]).toEqual([expect.stringContaining('fwd'), true]);
  },
);
