// One request to a front over TLS, in HTTP/1.1 or HTTP/2, and the answer: the same words for both.
import { connect } from 'node:http2';
import { request as requestH1 } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Running } from './front.ts';

export type Protocol = 'h1' | 'h2';

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly fields?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** The client leaves. */
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Each on a connection of its own. */
export function askBy(protocol: Protocol, { httpsPort }: Running, question: Question = {}): Promise<Reply> {
  return protocol === 'h1' ? askH1(httpsPort, question) : askH2(httpsPort, question);
}

function askH1(
  port: number,
  { method = 'GET', path = '/', fields = {}, body, signal }: Question,
): Promise<Reply> {
  const headers = { ...fields, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) };
  const options = {
    ...(signal && { signal }),
    port,
    method,
    path,
    headers,
    agent: false,
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const request = requestH1({ host: '127.0.0.1', ...options }, (response) => {
      text(response).then((all) => resolve({ status: response.statusCode ?? 0, body: all }), reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function askH2(
  port: number,
  { method = 'GET', path = '/', fields = {}, body, signal }: Question,
): Promise<Reply> {
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  try {
    const stream = session.request(
      { ':method': method, ':path': path, ...fields },
      { endStream: body === undefined, ...(signal && { signal }) },
    );
    if (body !== undefined) stream.end(body);
    const status = new Promise<number>((resolve, reject) => {
      stream.once('response', (head) => resolve(head[':status'] ?? 0));
      stream.once('error', reject);
    });
    const [known, all] = await Promise.all([status, text(stream)]);
    return { status: known, body: all };
  } finally {
    session.destroy();
  }
}
