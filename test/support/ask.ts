// One request over HTTP/1.1 or HTTP/2 and its whole answer, in the same words for both.
import { Agent, request as requestH1 } from 'node:https';
import { connect } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { HOST } from './ways.ts';
import type { Protocol } from './ways.ts';

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  /** With its length announced, or `pieces`, sent as they come (chunked, over HTTP/1.1). */
  readonly body?: string | Buffer | { readonly pieces: Iterable<Buffer> };
  readonly trailers?: Readonly<Record<string, string>>;
}

export type Fields = readonly (readonly [name: string, value: string])[];

export interface Answer {
  readonly status: number;
  /** As they arrived: over HTTP/1.1 with their casing. */
  readonly fields: Fields;
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, unknown>>;
}

/** Rejects when the answer is not whole. */
export function ask(port: number, protocol: Protocol, asked: Asked): Promise<Answer> {
  return protocol === 'h1' ? askH1(port, asked) : askH2(port, asked);
}

async function askH1(port: number, asked: Asked): Promise<Answer> {
  const agent = new Agent({ rejectUnauthorized: false, servername: HOST });
  const { method = 'GET', path, fields } = asked;
  const headers = { host: HOST, ...copied(fields), ...announced(asked), ...framed(asked) };
  const request = requestH1({ host: '127.0.0.1', port, agent, method, path, headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  request.flushHeaders();
  const sent = send(asked, request);
  const response = await answered;
  const body = await buffer(response);
  // An answer may come before the whole body is sent; what the request says then is the answer's to tell.
  await sent.catch(() => undefined);
  agent.destroy();
  return {
    status: response.statusCode ?? 0,
    fields: pairs(response.rawHeaders),
    body,
    trailers: response.trailers,
  };
}

async function askH2(port: number, asked: Asked): Promise<Answer> {
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, servername: HOST });
  const { method = 'GET', path, fields } = asked;
  const pseudo = { ':method': method, ':path': path, ':authority': HOST };
  const stream = session.request(
    { ...pseudo, ...copied(fields), ...announced(asked) },
    {
      endStream: asked.body === undefined && asked.trailers === undefined,
      waitForTrailers: asked.trailers !== undefined,
    },
  );
  if (asked.trailers !== undefined)
    stream.once('wantTrailers', () => stream.sendTrailers({ ...asked.trailers }));
  let trailers: Readonly<Record<string, unknown>> = {};
  stream.once('trailers', (received) => (trailers = { ...received }));
  try {
    const answered = new Promise<[number, string[]]>((resolve, reject) => {
      session.once('error', reject);
      stream.once('error', reject);
      stream.once('response', (received, _flags, raw: string[]) => resolve([received[':status'] ?? 0, raw]));
    });
    const sent = asked.body === undefined && asked.trailers === undefined ? undefined : send(asked, stream);
    const [status, raw] = await answered;
    const body = await buffer(stream);
    await sent?.catch(() => undefined);
    if (stream.rstCode !== 0) throw new Error(`h2 stream was reset with ${stream.rstCode}`);
    return { status, fields: pairs(raw).filter(([name]) => !name.startsWith(':')), body, trailers };
  } finally {
    session.close();
    session.unref();
  }
}

type Sink = NodeJS.WritableStream & { addTrailers?(trailers: Record<string, string>): void };

async function send({ body, trailers }: Asked, sink: Sink): Promise<void> {
  if (typeof body === 'object' && 'pieces' in body) {
    await pipeline(Readable.from(body.pieces), sink, { end: false });
  } else if (body !== undefined) {
    sink.write(body);
  }
  if (trailers !== undefined) sink.addTrailers?.({ ...trailers });
  sink.end();
}

function announced({ body, trailers }: Asked): Record<string, string> {
  const fields: Record<string, string> = {};
  if (trailers !== undefined) fields['trailer'] = Object.keys(trailers).join(', ');
  if (typeof body === 'string' || Buffer.isBuffer(body))
    fields['content-length'] = String(Buffer.byteLength(body));
  return fields;
}

/** Said aloud, because Node's client sends a body with GET or DELETE in no framing at all otherwise. */
function framed({ body, trailers }: Asked): Record<string, string> {
  const inPieces = (typeof body === 'object' && 'pieces' in body) || trailers !== undefined;
  return inPieces ? { 'transfer-encoding': 'chunked' } : {};
}

function copied(fields: Asked['fields'] = {}): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}

function pairs(flat: readonly string[]): Fields {
  return flat.flatMap((name, at): Fields => (at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : []));
}

/** Fields of one connection, and those that say by whom and when it was answered. */
const NOT_END_TO_END = new Set([
  'connection',
  'keep-alive',
  'upgrade',
  'transfer-encoding',
  'date',
  'via',
  'server-timing',
]);

/** What has to be the same however an app is reached; repeated names keep their order. */
export function endToEnd(fields: Fields): Fields {
  return fields
    .filter(([name]) => !NOT_END_TO_END.has(name.toLowerCase()))
    .toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

export function fieldOf(fields: Fields, name: string): string | undefined {
  return fields.find(([known]) => known.toLowerCase() === name)?.[1];
}
