// The target behind the front: takes bytes apart by itself, records each complete request, answers each with 204.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Recorded {
  /** Method and target. */
  readonly line: string;
  readonly version: string;
  /** `name: value`, names in lower case, in order. */
  readonly fields: readonly string[];
  /** Decoded; latin1. */
  readonly body: string;
}

const ANSWER = 'HTTP/1.1 204 No Content\r\n\r\n';

export class Recorder {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #recorded: Recorded[] = [];
  #stray = '';

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  get port(): number {
    const address = this.#server.address();
    return isTcp(address) ? address.port : 0;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** What has come since the last call. `stray`: bytes that are no request, whatever connection they came on. */
  take(): { readonly requests: readonly Recorded[]; readonly stray: string } {
    const taken = { requests: this.#recorded, stray: this.#stray };
    this.#recorded = [];
    this.#stray = '';
    return taken;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    let buffered = '';
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // A front that tears a connection down in mid-request does what it should.
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      buffered += chunk.toString('latin1');
      for (let read = readRequest(buffered); read !== undefined; read = readRequest(buffered)) {
        buffered = buffered.slice(read.length);
        this.#recorded.push(read.request);
        socket.write(ANSWER);
      }
      if (/^(?![A-Z]+ |[A-Z]*$)/.test(buffered)) this.#stray += buffered;
    });
  }
}

function isTcp(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

interface Read {
  readonly request: Recorded;
  /** Bytes it took. */
  readonly length: number;
}

/** The first request of the text; `undefined` while it is not complete. */
function readRequest(text: string): Read | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...rest] = text.slice(0, end).split('\r\n');
  const [method = '', target = '', version = ''] = first.split(' ');
  const fields = rest.map((line) =>
    line.replace(/^([^:]*): ?/, (_, name: string) => `${name.toLowerCase()}: `),
  );
  const body = readBody(text, end + 4, fields);
  if (body === undefined) return undefined;
  return { request: { line: `${method} ${target}`, version, fields, body: body.text }, length: body.end };
}

function readBody(
  text: string,
  start: number,
  fields: readonly string[],
): { text: string; end: number } | undefined {
  if (fields.some((field) => field.toLowerCase() === 'transfer-encoding: chunked'))
    return readChunks(text, start);
  const length = Number(fields.find((field) => field.startsWith('content-length: '))?.slice(16) ?? 0);
  const end = start + length;
  return end > text.length ? undefined : { text: text.slice(start, end), end };
}

function readChunks(text: string, start: number): { text: string; end: number } | undefined {
  let body = '';
  let at = start;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) break;
    if (!(size > 0) || at + size + 2 > text.length) return undefined;
    body += text.slice(at, at + size);
    at += size + 2;
  }
  const end = text.startsWith('\r\n', at) ? at + 2 : text.indexOf('\r\n\r\n', at) + 4;
  return end < 4 || end > text.length ? undefined : { text: body, end };
}
