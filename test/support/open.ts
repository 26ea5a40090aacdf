// A request whose streams the test holds itself: it may read slowly, write slowly, or leave in the middle.
import { once } from 'node:events';
import { request as requestH1 } from 'node:https';
import { connect } from 'node:http2';
import type { Duplex, Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { HOST } from './ways.ts';
import type { Protocol } from './ways.ts';

export interface Opened {
  /** Of the request; written to as the test likes. */
  readonly sending: Writable;
  /** Resolves with the answer's body, paused, when its head has arrived. */
  readonly answered: Promise<{ status: number; body: Readable }>;
  /** Leaves at once, as a client that is closed does. */
  leave(): void;
}

type Fields = Readonly<Record<string, string>>;

/** Ended with the test. */
export function open(
  port: number,
  protocol: Protocol,
  method: string,
  path: string,
  fields: Fields = {},
): Opened {
  const opened = (protocol === 'h1' ? openH1 : openH2)(port, method, path, fields);
  onTestFinished(() => opened.leave());
  return opened;
}

function openH1(port: number, method: string, path: string, fields: Fields): Opened {
  const headers = { host: HOST, ...fields, ...(method === 'POST' && { 'transfer-encoding': 'chunked' }) };
  const request = requestH1({
    host: '127.0.0.1',
    servername: HOST,
    rejectUnauthorized: false,
    agent: false,
    port,
    method,
    path,
    headers,
  });
  request.on('error', ignoreOwnLeaving);
  request.flushHeaders();
  if (method !== 'POST') request.end();
  const answered = once(request, 'response').then(([response]) => {
    response.on('error', ignoreOwnLeaving);
    return { status: Number(response.statusCode), body: response.pause() };
  });
  return { sending: request, answered: quiet(answered), leave: () => request.destroy() };
}

function openH2(port: number, method: string, path: string, fields: Fields): Opened {
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, servername: HOST });
  session.on('error', ignoreOwnLeaving);
  const pseudo = { ...fields, ':method': method, ':path': path, ':authority': HOST };
  const stream: Duplex = session.request(pseudo, { endStream: method !== 'POST' });
  stream.on('error', ignoreOwnLeaving);
  const answered = once(stream, 'response').then(([headers]) => {
    return { status: Number(headers[':status']), body: stream.pause() };
  });
  return { sending: stream, answered: quiet(answered), leave: () => session.destroy() };
}

/** What a test does not wait for may fail: the client leaves before the answer. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignoreOwnLeaving);
  return promise;
}

function ignoreOwnLeaving(): void {}
