// A plain https client for tests, and a load of many of them that remembers every failure.
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { Agent, request, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** The certificate is self-signed: what is tested is not its chain. */
export function get(port: number, path: string, options: RequestOptions = {}, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asking = request({
      host: '127.0.0.1',
      port,
      path,
      rejectUnauthorized: false,
      agent: false,
      ...options,
    });
    asking.on('error', reject);
    asking.on('response', (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
        reject,
      );
    });
    asking.end(body);
  });
}

export interface Load {
  readonly good: () => number;
  readonly failures: string[];
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly clients: number;
  /** `keepalive`: each client keeps its connection; `new`: one connection per request. */
  readonly mode: 'keepalive' | 'new';
  readonly path?: string;
  /** Of the Host field, in place of 127.0.0.1. */
  readonly host?: string;
  /** Where the clients come from. */
  readonly localAddress?: string;
  readonly authorization?: string;
  /** Then it is a POST. */
  readonly body?: string;
}

/** Runs until stopped. An answer other than 200 is a failure too. */
export function startLoad(
  port: number,
  { clients, mode, path = '/', host, localAddress, authorization, body: posted }: LoadOptions,
): Load {
  const end = new AbortController();
  let good = 0;
  const failures: string[] = [];
  const agent = mode === 'keepalive' ? new Agent({ keepAlive: true, maxSockets: clients }) : undefined;
  const headers = {
    ...(host !== undefined && { host }),
    ...(authorization !== undefined && { authorization }),
  };
  const client = async (): Promise<void> => {
    while (!end.signal.aborted) {
      try {
        const options = {
          method: posted === undefined ? 'GET' : 'POST',
          agent: agent ?? false,
          headers,
          ...(localAddress !== undefined && { localAddress }),
        };
        const { status, body } = await get(port, path, options, posted);
        if (status === 200) good += 1;
        else failures.push(`${status} ${body}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  const stop = async (): Promise<void> => {
    end.abort();
    await all;
    agent?.destroy();
  };
  onTestFinished(stop);
  return { good: () => good, failures, stop };
}

/** One stream after another, on one session for as long as the server keeps it. */
export function startH2Load(
  port: number,
  { path = '/', authorization }: Pick<LoadOptions, 'path' | 'authorization'> = {},
): Load {
  const end = new AbortController();
  let good = 0;
  const failures: string[] = [];
  const open = (): ClientHttp2Session =>
    connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }).on('error', (error) =>
      failures.push(String(error)),
    );
  const fields = { ':path': path, ...(authorization !== undefined && { authorization }) };
  let session = open();
  const client = async (): Promise<void> => {
    while (!end.signal.aborted) {
      // It has been told to go, as after so many requests.
      if (session.closed || session.destroyed) session = open();
      const status = await statusOf(session.request(fields));
      if (status === 200) good += 1;
      else failures.push(`h2: ${String(status)}`);
    }
  };
  const done = client();
  const stop = async (): Promise<void> => {
    end.abort();
    await done;
    session.destroy();
  };
  onTestFinished(stop);
  return { good: () => good, failures, stop };
}

/** Of an answer that is whole. */
function statusOf(stream: ClientHttp2Stream): Promise<unknown> {
  return new Promise((resolve) => {
    let status: unknown = 'no answer';
    stream.on('response', (head) => (status = head[':status']));
    stream.on('error', (error) => (status = error));
    stream.on('close', () => resolve(stream.rstCode === 0 ? status : `reset with ${stream.rstCode}`));
    stream.resume();
  });
}
