// A connection handed to the full lane with bytes that were read already: no byte is lost, doubled or late, wherever the
// cut is, plain and over TLS.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RequestRecord } from '@tollgate/log';
import { plainConnection } from '../../../src/connection.ts';
import { Counters } from '../../../src/counters.ts';
import { DownloadWatch } from '../../../src/listen/downloadWatch.ts';
import { RouteTallies } from '../../../src/figures/tallies.ts';
import { compileGeneration } from '../../../src/generation.ts';
import { FullLane } from '../../../src/lane/full/full.ts';
import { TargetStore } from '../../../src/target/store.ts';
import { selfSigned } from '../../../src/tls/selfSigned.ts';
import { ChallengeBoard } from '../../../src/tls/challengeBoard.ts';
import { policyMeans } from '../../../src/policy/means.ts';
import { configOf, route, temporaryDirectory } from '../../support/front.ts';
import { rawConnect, rawConnectTls, type RawClient } from '../../support/raw.ts';

const APP = join(import.meta.dirname, '../../support/echoApp.ts');
const HEAD = 'POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';
const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const WHOLE = `${HEAD}hello${NEXT}`;

async function fullLane(): Promise<{ lane: FullLane; records: RequestRecord[] }> {
  const config = configOf({ routes: [route('/', { kind: 'app', module: APP })] });
  const eventLog = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const means = policyMeans(new Counters(), eventLog);
  const generation = await compileGeneration(config, new TargetStore(eventLog), new RouteTallies(), means);
  const records: RequestRecord[] = [];
  let id = 0;
  const lane = new FullLane({
    current: () => generation,
    httpsPort: undefined,
    challenges: new ChallengeBoard(),
    downloads: new DownloadWatch(new Set(), new Counters()),
    nextId: () => `id-${id++}`,
    counters: new Counters(),
    requestLog: {
      enabled: true,
      counters: { written: 0, dropped: 0, shed: 0, failedWrites: 0 },
      configure: () => undefined,
      write: (record) => records.push(record),
    },
    eventLog,
  });
  onTestFinished(() => {
    lane.destroy();
    generation.release();
  });
  return { lane, records };
}

async function listen(server: Server): Promise<number> {
  onTestFinished(() => {
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Reads `count` bytes as the wire lane would, then hands all of them over. */
function handOver(lane: FullLane, socket: Socket, count: number): void {
  let read = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    read = Buffer.concat([read, chunk]);
    if (read.length < count) return;
    socket.off('data', onData);
    socket.pause();
    lane.accept(socket, plainConnection(socket), read);
  };
  socket.on('data', onData);
}

const transports: [string, (lane: FullLane, count: number) => Promise<() => RawClient>][] = [
  [
    'plain',
    async (lane, count) => {
      const port = await listen(
        createServer({ allowHalfOpen: true }, (socket) => handOver(lane, socket, count)),
      );
      return () => rawConnect(port);
    },
  ],
  [
    'TLS',
    async (lane, count) => {
      const { certificate, key } = await selfSigned(temporaryDirectory(), ['a']);
      const server = createTlsServer({ cert: certificate, key }, (socket) => handOver(lane, socket, count));
      const port = await listen(server);
      return () => rawConnectTls(port);
    },
  ],
];

describe.each(transports)('handover over %s', (_name, start) => {
  it('answers the same wherever the bytes are cut', async () => {
    const cuts = [
      1,
      4,
      20,
      HEAD.length - 2,
      HEAD.length,
      HEAD.length + 2,
      HEAD.length + 5,
      HEAD.length + 9,
      WHOLE.length,
    ];
    for (const cut of cuts) {
      const { lane, records } = await fullLane();
      const client = (await start(lane, cut))();
      client.write(WHOLE.slice(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 20));
      client.write(WHOLE.slice(cut));
      const answer = await client.untilClosed();
      expect(answer, `cut at ${cut}`).toMatch(/"bytes":5[\s\S]*"url":"\/next"/);
      expect(records.map(({ path, status }) => [path, status])).toEqual([
        ['/count', 200],
        ['/next', 200],
      ]);
      await expect.poll(() => lane.active).toBe(0);
    }
  });

  it('answers when everything was read before the handover', async () => {
    const { lane } = await fullLane();
    const client = (await start(lane, WHOLE.length))();
    client.write(WHOLE);
    expect(await client.untilClosed()).toMatch(/"bytes":5[\s\S]*"url":"\/next"/);
  });

  it('takes a large body, part of it read before', async () => {
    const { lane } = await fullLane();
    const client = (await start(lane, 100))();
    const body = 'x'.repeat(3_000_000);
    client.write(
      `POST /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(await client.untilClosed()).toContain('"bytes":3000000');
  });

  it('refuses what is malformed across the cut', async () => {
    const { lane, records } = await fullLane();
    const client = (await start(lane, 10))();
    client.write('GET / HTTP');
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.write('/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
    expect(await client.untilClosed()).toMatch(/^HTTP\/1\.1 400 /);
    expect(records).toMatchObject([{ status: 400 }]);
  });

  it('upgrades to a WebSocket whose first frame was read before', async () => {
    const { lane } = await fullLane();
    const upgrade =
      'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
    const client = (await start(lane, upgrade.length + frame.length))();
    client.write(Buffer.concat([Buffer.from(upgrade), frame]));
    await client.until((text) => text.includes('101 Switching Protocols') && text.endsWith('\x81\x02hi'));
  });
});
