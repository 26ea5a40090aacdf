// Connections made ahead of need: only while requests come, and the next requests find them open.
import { describe, expect, it } from 'vitest';
import { askBy } from '../support/asking.ts';
import { route, startFront, upstream } from '../support/front.ts';
import { httpUpstream } from '../support/upstream.ts';

describe.each(['http-proxy', 'wire'] as const)('warm connections by %s', (engine) => {
  it('are made ahead of need as long as requests come, and carry the next ones', async () => {
    const opened: (number | undefined)[] = [];
    const askedOn: (number | undefined)[] = [];
    const behind = await httpUpstream((request, response) => {
      askedOn.push(request.socket.remotePort);
      response.end('ok');
    });
    behind.server.on('connection', ({ remotePort }) => opened.push(remotePort));
    const running = await startFront({
      routes: [route('/', upstream([behind.url], { engine, warm: 3 }))],
      timeouts: { upstreamIdleMs: 60_000 },
    });
    expect(opened).toHaveLength(0);
    await askBy('h1', running);
    await expect.poll(() => opened.length).toBe(3);
    const before = new Set(opened);
    const answers = await Promise.all(Array.from({ length: 3 }, () => askBy('h1', running)));
    expect(answers.map(({ body }) => body)).toEqual(['ok', 'ok', 'ok']);
    expect(askedOn.filter((port) => !before.has(port))).toEqual([]);
  });

  it('that the server has closed meanwhile cost no request', async () => {
    const behind = await httpUpstream((_request, response) => response.end('ok'));
    const running = await startFront({
      routes: [route('/', upstream([behind.url], { engine, warm: 3 }))],
      timeouts: { upstreamIdleMs: 60_000 },
    });
    for (let round = 0; round < 3; round++) {
      await askBy('h1', running);
      behind.server.closeAllConnections();
      expect((await askBy('h1', running)).body).toBe('ok');
    }
    expect(running.front.status().upstreams).toMatchObject([{ failures: 0 }]);
  });
});
