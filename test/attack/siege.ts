// A real front under attack: who else is served meanwhile, what it grows by, and what it counts.
import { expect } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { startH2Load, startLoad } from '../support/client.ts';
import { growthOf } from '../support/memory.ts';
import { sampleOf } from '../support/scrape.ts';
import { PATIENCE_MS, serve, site, type Running } from '../support/tollgate.ts';

/** More than any kernel takes for a client that does not read. */
const LARGE = Buffer.alloc(16 * 1024 * 1024, 'x');

/** Of each of the others, before anything is measured: what a process grows by while it gets warm is no attack's. */
const WARM_REQUESTS = 300;

/** `/`: an upstream by the wire lane; `/full/`: the same by the full lane. Both have `large` and `slow`. */
export async function besieged(root: object): Promise<Running> {
  const { url } = await httpUpstream((request, response) => {
    const slow = request.url?.endsWith('slow') === true;
    const body = request.url?.endsWith('large') === true ? LARGE : 'hello';
    request.resume().on('end', () => setTimeout(() => response.end(body), slow ? 1000 : 0));
  });
  const routes = [
    { path: '/', upstream: url },
    { path: '/full/', upstream: url, headers: { response: { add: { 'x-lane': 'full' } } } },
  ];
  const config = {
    listen: { https: '127.0.0.1:0' },
    admin: 'unix:./admin.sock',
    requestLog: 'off',
    ...root,
    sites: [{ hosts: '*', tls: 'self-signed', routes }],
  };
  return serve(site({ 'tollgate.yaml': JSON.stringify(config) }));
}

/** Others, who have connected before, lose no request while `attack` goes on; gives by how many MB the front grew. */
export async function growthUnder(
  { pid, httpsPort }: Running,
  attack: () => Promise<unknown>,
): Promise<number> {
  const others = ['/', '/full/'].map((path) =>
    startLoad(httpsPort, { clients: 1, mode: 'keepalive', path, localAddress: '127.0.0.2' }),
  );
  others.push(startH2Load(httpsPort));
  await expect
    .poll(() => Math.min(...others.map(({ good }) => good())), { timeout: PATIENCE_MS })
    .toBeGreaterThan(WARM_REQUESTS);
  const grown = await growthOf([pid], async () => void (await attack()));
  const before = others.map(({ good }) => good());
  await Promise.all(others.map(({ stop }) => stop()));
  expect(others.flatMap(({ failures }) => failures)).toEqual([]);
  expect(Math.min(...before)).toBeGreaterThan(WARM_REQUESTS);
  return grown;
}

/** Waits until the counter has come to so much. */
export const expectCounted = (running: Running, sample: string, least: number): Promise<void> =>
  expect
    .poll(() => sampleOf(running, sample).catch(() => 0), {
      message: sample,
      timeout: PATIENCE_MS,
      interval: 100,
    })
    .toBeGreaterThanOrEqual(least);
