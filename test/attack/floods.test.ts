// Floods: connections, heads without measure, streams that are reset as soon as they are opened.
import { connect } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import {
  field,
  frame,
  get,
  hpackBomb,
  openFrames,
  requestBlock,
  SETTINGS,
  TYPE,
} from '../../packages/proxy/test/support/h2Frames.ts';
import { rawConnectTls } from '../../packages/proxy/test/support/raw.ts';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { growthOf } from '../support/memory.ts';
import { ask, fieldOf } from '../support/ask.ts';
import { serve, site } from '../support/tollgate.ts';
import { besieged, expectCounted, growthUnder } from './siege.ts';

const PER_ADDRESS = 50;
const CONNECTIONS = 200;
const FLOOD = 300;
const MOST_MB = 64;

/** Connections of one address, each left open; resolves with how many were closed at once. */
async function flood(port: number, localAddress: string, count: number): Promise<number> {
  const closed = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<boolean>((resolve) => {
          const socket = connect({ port, host: '127.0.0.1', localAddress });
          onTestFinished(() => void socket.destroy());
          socket.on('error', () => undefined).on('close', () => resolve(true));
          // Until the front cuts those that it let in, as they say nothing.
          socket.on('connect', () => setTimeout(() => resolve(false), 700)).resume();
        }),
    ),
  );
  return closed.filter(Boolean).length;
}

it('a flood of connections, by one address and then by many, is turned away and counted; who is in stays served', async () => {
  const front = await besieged({
    limits: { connections: CONNECTIONS, connectionsPerAddress: PER_ADDRESS },
    timeouts: { tlsHandshake: '5s' },
  });
  const grown = await growthUnder(front, async () => {
    expect(await flood(front.httpsPort, '127.0.0.3', FLOOD)).toBe(FLOOD - PER_ADDRESS);
    const crowd = [4, 5, 6, 7, 8].map((host) => flood(front.httpsPort, `127.0.0.${host}`, PER_ADDRESS));
    const turnedAway = (await Promise.all(crowd)).reduce((sum, closed) => sum + closed, 0);
    // All places are taken: by the first address, by the others, and by those who are served.
    expect(turnedAway).toBe(6 * PER_ADDRESS + 3 - CONNECTIONS);
  });
  await expectCounted(front, 'tollgate_drops_total{reason="over-address-limit"}', FLOOD - PER_ADDRESS);
  await expectCounted(front, 'tollgate_connections_over_limit_total', 6 * PER_ADDRESS + 3 - CONNECTIONS);
  expect(grown).toBeLessThan(MOST_MB);
}, 120_000);

/** Of each, side by side. */
const ROUNDS = 5;

/** As many as it takes to be cut. */
async function rapidReset(port: number): Promise<void> {
  const client = await openFrames(port);
  client.write(SETTINGS);
  const cancel = Buffer.of(0, 0, 0, 8);
  for (let stream = 1; stream < 4000 && !client.closed; stream += 2) {
    client.write(Buffer.concat([get(stream, '/slow'), frame(TYPE.reset, 0, stream, cancel)]));
    if (stream % 50 === 1) await new Promise(setImmediate);
  }
  await client.untilClosed();
}

async function continuations(port: number): Promise<void> {
  const client = await openFrames(port);
  const more = frame(TYPE.continuation, 0, 1, field('a', 'b'.repeat(100)));
  client.write(Buffer.concat([SETTINGS, frame(TYPE.headers, 1, 1, requestBlock('/'))]));
  for (let sent = 0; sent < 100 && !client.closed; sent++) {
    client.write(Buffer.concat(Array.from({ length: 100 }, () => more)));
    await new Promise(setImmediate);
  }
  await client.untilClosed();
}

async function hpackBombs(port: number): Promise<void> {
  const client = await openFrames(port);
  client.write(SETTINGS);
  for (let stream = 1; stream < 2 * 50; stream += 2) client.write(hpackBomb(stream));
  await client.untilClosed();
}

/** The status of the answer; a head of which no end comes is sent until somebody closes. */
async function head(port: number, fields: string): Promise<string> {
  const client = rawConnectTls(port);
  client.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`);
  return (await client.untilClosed()).slice(9, 12);
}

async function endlessHead(port: number): Promise<string> {
  const client = rawConnectTls(port);
  client.write('GET / HTTP/1.1\r\nHost: a.test\r\nX: ');
  const piece = 'x'.repeat(64 * 1024);
  for (let sent = 0; sent < 300 && !client.ended && !client.closed; sent++) {
    client.write(piece);
    await new Promise(setImmediate);
  }
  return (await client.untilClosed()).slice(9, 12);
}

it('rapid resets, CONTINUATION floods and header bombs are cut or refused, each counted, and disturb nobody', async () => {
  const front = await besieged({ timeouts: { requestHeader: '5s' } });
  const port = front.httpsPort;
  const rounds = <T>(attack: (port: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: ROUNDS }, () => attack(port)));
  const grown = await growthUnder(front, async () => {
    const statuses = await Promise.all([
      rounds((at) => head(at, 'X: y\r\n'.repeat(150))),
      rounds((at) => head(at, `X: ${'y'.repeat(17_000)}\r\n`)),
      rounds(endlessHead),
      rounds(rapidReset),
      rounds(continuations),
      rounds(hpackBombs),
    ]);
    expect(new Set(statuses.slice(0, 3).flat())).toEqual(new Set(['431']));
  });
  await expectCounted(front, 'tollgate_refusals_total{reason="headers-too-large"}', 3 * ROUNDS);
  await expectCounted(front, 'tollgate_h2_reset_floods_total', ROUNDS);
  await expectCounted(front, 'tollgate_drops_total{reason="h2-protocol-error"}', ROUNDS);
  // Of each connection, whatever of its bombs it had sent when it was closed.
  await expectCounted(front, 'tollgate_drops_total{reason="h2-headers-too-large"}', ROUNDS);
  expect(grown).toBeLessThan(MOST_MB);
}, 120_000);

it('a compression bomb of an upstream goes through as it is: 1 MB that stands for 1 GB', async () => {
  const mb = 1024 ** 2;
  // Members of one file (RFC 1952 2.2), so that nobody here has to hold what they stand for.
  const member = gzipSync(Buffer.alloc(16 * mb));
  const bomb = Buffer.concat(Array.from({ length: 64 }, () => member));
  const { url } = await httpUpstream((_request, response) => {
    response.writeHead(200, {
      'content-type': 'text/html',
      'content-encoding': 'gzip',
      'cache-control': 'max-age=60',
    });
    response.end(bomb);
  });
  const routes = [{ path: '/', upstream: url, compress: 'on', cache: { size: '8MB', maxBody: '2MB' } }];
  const front = await serve(
    site({
      'tollgate.yaml': JSON.stringify({
        listen: { https: '127.0.0.1:0' },
        sites: [{ hosts: '*', tls: 'self-signed', routes }],
      }),
    }),
  );
  const grown = await growthOf([front.pid], async () => {
    for (const accepted of ['gzip', 'br, zstd', 'identity']) {
      const fields = { 'accept-encoding': accepted };
      const answer = await ask(front.httpsPort, 'h2', { path: '/', fields });
      expect(fieldOf(answer.fields, 'content-encoding')).toBe('gzip');
      expect(answer.body.equals(bomb)).toBe(true);
    }
  });
  expect(gunzipSync(member).length).toBe(16 * mb);
  expect(grown).toBeLessThan(MOST_MB);
}, 60_000);
