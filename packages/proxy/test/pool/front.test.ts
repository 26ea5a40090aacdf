// A front under steady load before a backend that keeps connections for a second: no client hears of it. POOL_SECONDS
// sets how long it goes on.
import { once } from 'node:events';
import { Agent, createServer, request as startRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plain, route, startFront, upstream, type Running } from '../support/front.ts';

const SECONDS = Number(process.env['POOL_SECONDS'] ?? 4);
/** Of one client each, in milliseconds: some keep sockets busy, some come just when the backend loses its patience. */
const PAUSES = [0, 5, 20, 100, 300, 700, 900, 950, 980, 995, 1000, 1005, 1020, 1050, 1200];

async function impatientBackend(): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const backend = createServer({ keepAliveTimeout: 1000, keepAliveTimeoutBuffer: 0 }, (asked, response) => {
    asked.resume().on('end', () => response.end('ok'));
  });
  backend.on('connection', () => (connections += 1));
  onTestFinished(() => {
    backend.closeAllConnections();
    backend.close();
  });
  await once(backend.listen(0, '127.0.0.1'), 'listening');
  const address = backend.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { url: `http://127.0.0.1:${port}`, connections: () => connections };
}

/** POST, so that nothing is sent twice and every loss shows. */
function post({ httpPort }: Running, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = startRequest({ host: '127.0.0.1', port: httpPort, method: 'POST', agent }, (response) => {
      text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject);
    });
    request.on('error', reject).end('hello');
  });
}

async function client(running: Running, pauseMs: number, untilMs: number): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const outcomes: string[] = [];
  while (performance.now() < untilMs) {
    outcomes.push(await post(running, agent).catch(String));
    if (pauseMs > 0) await wait(pauseMs);
  }
  agent.destroy();
  return outcomes;
}

describe('a front before a backend that keeps connections for a second', () => {
  it(
    'loses no request, by either engine, with spare connections or without',
    async () => {
      const load = async (more: { engine: 'wire' | 'http-proxy'; warm: number }): Promise<void> => {
        const { url, connections } = await impatientBackend();
        const running = await startFront(plain({ routes: [route('/', upstream([url], more))] }));
        const untilMs = performance.now() + SECONDS * 1000;
        const outcomes = (
          await Promise.all(PAUSES.map((pauseMs) => client(running, pauseMs, untilMs)))
        ).flat();
        expect(outcomes.filter((outcome) => outcome !== '200 ok')).toEqual([]);
        expect(running.front.status().upstreams).toMatchObject([{ failures: 0 }]);
        // Connections were given up in time; wire used others again, Node's agent keeps none for so short a time.
        expect(connections()).toBeGreaterThan(2);
        expect(outcomes.length).toBeGreaterThan(more.engine === 'wire' ? connections() : 2);
      };
      await Promise.all([
        load({ engine: 'wire', warm: 0 }),
        load({ engine: 'wire', warm: 4 }),
        load({ engine: 'http-proxy', warm: 0 }),
        load({ engine: 'http-proxy', warm: 4 }),
      ]);
    },
    (SECONDS + 60) * 1000,
  );
});
