// A server that keeps its own exact counts and misbehaves on a fixed schedule: the judge of the generator's honesty.
import { createSecureServer, constants, type ServerHttp2Stream } from 'node:http2';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import { generate } from 'selfsigned';

export const FAULTS = ['fin', 'rst', 'truncated', 'status', 'silence', 'body'] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultyServer {
  readonly port: number;
  readonly requests: number;
  readonly good: number;
  readonly connections: number;
  readonly resumedSessions: number;
  readonly faults: Readonly<Record<Fault, number>>;
}

export interface FaultyServerOptions {
  readonly tls?: boolean;
  readonly h2?: boolean;
  /** Every how manyth request goes wrong, the faults in turn; 0: never. */
  readonly faultEvery?: number;
  readonly faults?: readonly Fault[];
  readonly delayMs?: number;
  /** Framing of good answers. */
  readonly chunked?: boolean;
}

export const BODY = 'a body of thirty-two plain bytes';
const HEAD = 'HTTP/1.1 200 OK\r\nserver: faulty\r\ndate: Mon, 23 Nov 2026 00:00:00 GMT\r\n';
const GOOD = `${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY}`;
const GOOD_CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n10\r\n${BODY.slice(0, 16)}\r\n10;x=y\r\n${BODY.slice(16)}\r\n0\r\n\r\n`;

interface Counts {
  requests: number;
  good: number;
  connections: number;
  resumedSessions: number;
  faults: Record<Fault, number>;
}

let pems: Promise<{ key: string; cert: string }> | undefined;
export const testCertificate = (): Promise<{ key: string; cert: string }> =>
  (pems ??= generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' }).then(
    ({ private: key, cert }) => ({ key, cert }),
  ));

export async function faultyServer(options: FaultyServerOptions = {}): Promise<FaultyServer> {
  const counts: Counts = {
    requests: 0,
    good: 0,
    connections: 0,
    resumedSessions: 0,
    faults: { fin: 0, rst: 0, truncated: 0, status: 0, silence: 0, body: 0 },
  };
  const next = schedule(options, counts);
  const server = options.h2 === true ? await h2Server(counts, next) : await h1Server(options, counts, next);
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    counts.connections++;
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(counts, { port });
}

function schedule(options: FaultyServerOptions, counts: Counts): () => Fault | null {
  const { faultEvery = 0, faults = FAULTS } = options;
  let turn = 0;
  return () => {
    counts.requests++;
    if (faultEvery === 0 || counts.requests % faultEvery !== 0) return null;
    const fault = faults[turn++ % faults.length] ?? null;
    if (fault !== null) counts.faults[fault]++;
    return fault;
  };
}

async function h1Server(
  options: FaultyServerOptions,
  counts: Counts,
  next: () => Fault | null,
): Promise<Server> {
  const serve = (socket: Socket): void => {
    let pending = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      pending += bytes.toString('latin1');
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        const closes = /^connection: close$/im.test(pending.slice(0, end));
        pending = pending.slice(end + 4);
        const fault = next();
        setTimeout(answerAfter, options.delayMs ?? 0, socket, fault, closes);
      }
    });
  };
  const answerAfter = (socket: Socket, fault: Fault | null, closes: boolean): void => {
    if (fault === null) {
      socket.write(options.chunked === true ? GOOD_CHUNKED : GOOD);
      counts.good++;
      if (closes) socket.end();
    } else misbehave(socket, fault);
  };
  if (options.tls !== true) return createServer({ noDelay: true }, serve);
  const server = createTlsServer({ ...(await testCertificate()), noDelay: true }, (socket) => {
    if (socket.isSessionReused()) counts.resumedSessions++;
    serve(socket);
  });
  return server.on('tlsClientError', () => {});
}

function misbehave(socket: Socket, fault: Fault): void {
  switch (fault) {
    case 'fin':
      socket.end();
      return;
    case 'rst':
      transportOf(socket).resetAndDestroy();
      return;
    case 'truncated':
      socket.end(`${HEAD}content-length: 99\r\n\r\nonly this much`);
      return;
    case 'status':
      socket.write('HTTP/1.1 500 Internal Server Error\r\ncontent-length: 5\r\n\r\nsorry');
      return;
    case 'body':
      socket.write(`${HEAD}content-length: 3\r\n\r\nabc`);
      return;
    case 'silence':
  }
}

/** RST belongs to TCP: under TLS it is the socket beneath that must send it. */
function transportOf(socket: Socket): Socket {
  const beneath: unknown = Reflect.get(socket, '_parent');
  return beneath instanceof Object && 'resetAndDestroy' in beneath ? (beneath as Socket) : socket;
}

async function h2Server(counts: Counts, next: () => Fault | null): Promise<Server> {
  const server = createSecureServer({ ...(await testCertificate()), allowHTTP1: false });
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    const fault = next();
    switch (fault) {
      case null:
        counts.good++;
        stream.respond({ ':status': 200 });
        stream.end(BODY);
        return;
      case 'status':
        stream.respond({ ':status': 500 });
        stream.end('sorry');
        return;
      case 'body':
        stream.respond({ ':status': 200 });
        stream.end('abc');
        return;
      case 'silence':
        return;
      case 'fin':
      case 'rst':
      case 'truncated':
        stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
  });
  return server;
}
