import { describe, expect, it, onTestFinished } from 'vitest';
import { layersOf, type ProfileNode } from '../../../src/serve/layers/classify.ts';
import { countSamples, LayerProfile } from '../../../src/serve/layers/profile.ts';
import { readOwnThreads } from '../../../src/serve/layers/threads.ts';

const node = (id: number, functionName: string, url: string, ...children: number[]): ProfileNode => ({
  id,
  callFrame: { functionName, url },
  children,
});

const AT = 'file:///srv/tollgate/packages';

/** One stack: each calls the next. */
type Frame = readonly [name: string, url: string];

const stack = (...frames: readonly Frame[]): ProfileNode[] => [
  node(0, '(root)', '', 1),
  ...frames.map(([name, url], at) => node(at + 1, name, url, ...(at + 1 < frames.length ? [at + 2] : []))),
];

const layerOfTop = (...frames: readonly Frame[]): string | undefined => {
  const nodes = stack(...frames);
  return layersOf(nodes).get(nodes.length - 1);
};

describe('a moment of the main thread', () => {
  it.each([
    ['front', `${AT}/proxy/src/lane/wire/connection.ts`],
    ['front', `${AT}/core/dist/gate/judge.js`],
    ['hop', `${AT}/proxy/dist/pool/socket.js`],
    ['hop', `${AT}/proxy/src/engine/http-proxy/hop.ts`],
    ['hop', `${AT}/proxy/src/lane/wire/ask.ts`],
    ['tls', `${AT}/proxy/src/tls/terminator.ts`],
    ['log', `${AT}/log/src/request/log.ts`],
    ['other', `${AT}/cli/src/serve/guard.ts`],
    ['app', 'file:///srv/site/app.ts'],
  ])('belongs to %s in %s', (layer, url) => {
    expect(layerOfTop(['run', url])).toBe(layer);
  });

  it('counts what Node and libraries do for whoever called them', () => {
    const fastify = 'file:///srv/tollgate/node_modules/fastify/lib/reply.js';
    expect(layerOfTop(['answer', 'file:///srv/site/app.ts'], ['send', fastify])).toBe('app');
    expect(layerOfTop(['ask', `${AT}/proxy/src/engine/http-proxy/hop.ts`], ['send', fastify])).toBe('hop');
    expect(layerOfTop(['write', `${AT}/log/src/sink/file.ts`], ['writeBuffer', ''])).toBe('log');
  });

  it('tells a write to the client, kernel included, from the lane that asked for it', () => {
    const lane = ['write', `${AT}/proxy/src/lane/wire/connection.ts`] as const;
    expect(layerOfTop(lane, ['_write', 'node:net'], ['writeLatin1String', ''])).toBe('writes');
    expect(layerOfTop(lane, ['_write', 'node:net'])).toBe('front');
    const pool = ['write', `${AT}/proxy/src/pool/socket.ts`] as const;
    expect(layerOfTop(pool, ['_write', 'node:net'], ['writeLatin1String', ''])).toBe('hop');
  });

  it('is a handshake where OpenSSL goes on with the certificate', () => {
    const wrap = 'node:internal/tls/wrap';
    expect(layerOfTop(['loadSNI', wrap], ['requestOCSP', wrap], ['certCbDone', ''])).toBe('tls');
  });
});

describe('samples', () => {
  const nodes = [
    node(0, '(root)', '', 1, 2, 3),
    node(1, '(idle)', ''),
    node(2, 'judge', `${AT}/core/src/gate/judge.ts`),
    node(3, '(garbage collector)', ''),
  ];

  it('leave out the time in which the loop waited, and give the rest of a poll to the reads', () => {
    // Ten samples, four of work; the loop was at work for six tenths: two of the idle ones were reads.
    const samples = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3];
    expect(countSamples({ nodes, samples }, 0.6)).toMatchObject({ front: 3, collector: 1, reads: 2 });
  });

  it('never take from the reads', () => {
    expect(countSamples({ nodes, samples: [1, 1, 1] }, 0)).toMatchObject({ front: 0, reads: 0 });
  });
});

describe('the profile of this process', () => {
  it('runs only while somebody looks', async () => {
    const profile = new LayerProfile(50);
    onTestFinished(() => profile.stop());
    expect(profile.look).toBeUndefined();
    profile.start();
    await expect
      .poll(
        () => {
          busy(20);
          return Object.values(profile.look?.samples ?? {}).reduce((sum, count) => sum + count, 0);
        },
        { interval: 1 },
      )
      .toBeGreaterThan(0);
    expect(profile.look?.pausedMs).toBeGreaterThan(0);
    profile.stop();
    expect(profile.look).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('knows its event loop from its helpers', () => {
    busy(20);
    const times = readOwnThreads();
    expect(times?.mainMicros).toBeGreaterThan(10_000);
  });
});

function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) Math.sqrt(until);
}
