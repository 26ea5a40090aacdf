// The clients of the soak. Each goes round until it is told to stop; what it gets and did not expect is an error, counted
// by its text. Those who leave in the middle expect nothing.
import { createHash, randomBytes } from 'node:crypto';
import { connect as connectH2, type ClientHttp2Session } from 'node:http2';
import { Agent, request, type RequestOptions } from 'node:https';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { once } from 'node:events';

export class Tally {
  good = 0;
  readonly errors = new Map<string, number>();

  wrong(what: unknown): void {
    const text = String(what);
    this.errors.set(text, (this.errors.get(text) ?? 0) + 1);
  }
}

export const LARGE = 1024 * 1024;
/** By the wire lane, by the full lane, and by the wire lane with fields of the answer changed. */
const PLACES = ['', '/edited', '/changed'];
const somewhere = (path: string): string => `${PLACES[Math.floor(Math.random() * PLACES.length)]}${path}`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Answered {
  readonly status: number;
  readonly bytes: number;
}

function ask(options: RequestOptions, body?: Buffer, slowMs = 0): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...options,
    });
    asked.on('error', reject);
    asked.on('response', (answer) => {
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (slowMs === 0) return;
        answer.pause();
        setTimeout(() => answer.resume(), slowMs);
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, bytes }));
    });
    asked.end(body);
  });
}

async function expecting(tally: Tally, who: string, wanted: number, asked: Promise<Answered>): Promise<void> {
  try {
    const { status, bytes } = await asked;
    if (status === 200 && bytes === wanted) tally.good++;
    else tally.wrong(`${who}: expected 200 with ${wanted} bytes, got ${status} with ${bytes}`);
  } catch (error) {
    tally.wrong(`${who}: ${String(error)}`);
  }
}

export type Client = (port: number, tally: Tally) => Promise<void>;

/** A new connection for each request. */
const newcomer: Client = (port, tally) =>
  expecting(
    tally,
    'new',
    5,
    ask({ port, path: somewhere('/hello'), agent: false, headers: { connection: 'close' } }),
  );

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const regular: Client = (port, tally) =>
  expecting(tally, 'keep-alive', 5, ask({ port, path: somewhere('/hello'), agent }));

const slowReader: Client = (port, tally) =>
  expecting(
    tally,
    'slow reader',
    LARGE,
    ask({ port, path: somewhere('/large'), agent: false }, undefined, 5),
  );

/** Half of them chunked. */
const uploader: Client = (port, tally) => {
  const body = randomBytes(200_000);
  const headers =
    Math.random() < 0.5 ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length };
  return expecting(
    tally,
    'upload',
    6,
    ask({ port, method: 'POST', path: somewhere('/upload'), agent, headers }, body),
  );
};

/** Leaves at any time. */
const deserter: Client = async (port) => {
  const asked = request({
    host: '127.0.0.1',
    port,
    path: somewhere('/large'),
    agent: false,
    rejectUnauthorized: false,
  });
  asked.on('error', () => undefined);
  asked.on('response', (answer) => answer.on('error', () => undefined).resume());
  asked.end();
  await pause(Math.random() * 30);
  asked.destroy();
};

function tlsTo(port: number): TLSSocket {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  });
  socket.on('error', () => undefined);
  return socket;
}

/** A request the wire lane hands over, then a tunnel through which a few bytes go. */
const upgrader: Client = async (port, tally) => {
  const socket = tlsTo(port);
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  for (let wait = 0; wait < 600 && !text.includes('\r\n\r\n'); wait++) await pause(10);
  socket.write('ping');
  for (let wait = 0; wait < 600 && !text.endsWith('ping'); wait++) await pause(10);
  if (text.startsWith('HTTP/1.1 101 ') && text.endsWith('ping')) tally.good++;
  else tally.wrong(`upgrade: got ${JSON.stringify(text.slice(0, 60))}`);
  socket.destroy();
};

export const proofOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/** One session, streams side by side, of which some are reset. */
const multiplexer: Client = async (port, tally) => {
  const session = connectH2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on('error', (error) => tally.wrong(`h2 session: ${String(error)}`));
  const streams = Array.from({ length: 20 }, (_, at) => stream(session, at % 5 === 0, tally));
  await Promise.all(streams);
  session.close();
  if (!session.destroyed) await once(session, 'close');
};

async function stream(session: ClientHttp2Session, leaves: boolean, tally: Tally): Promise<void> {
  const asked = session.request({ ':path': somewhere(leaves ? '/large' : '/hello') });
  asked.on('error', () => undefined);
  asked.end();
  if (leaves) {
    await pause(Math.random() * 20);
    asked.close(8);
    return;
  }
  let bytes = 0;
  asked.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await once(asked, 'close');
  if (bytes === 5) tally.good++;
  else tally.wrong(`h2: expected 5 bytes, got ${bytes}, code ${asked.rstCode}`);
}

export const CLIENTS: readonly Client[] = [
  newcomer,
  newcomer,
  regular,
  regular,
  slowReader,
  uploader,
  deserter,
  upgrader,
  multiplexer,
];

/** Keep-alive connections that rest. */
export const leave = (): void => agent.destroy();
