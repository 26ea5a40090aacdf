// What the event log hears of a failing upstream: why, and not once per request.
import { describe, expect, it } from 'vitest';
import { FailureLog } from '../../src/upstream/failureLog.ts';
import { plain, route, server, startFront, upstream } from '../support/front.ts';
import { exchangeRaw } from '../support/raw.ts';
import { rawUpstream } from '../support/upstream.ts';

describe('failure log', () => {
  it('says the first failure of a second, and how many it has not said', () => {
    const said: object[] = [];
    const note = (fields: object): void => {
      said.push(fields);
    };
    let ms = 0;
    const log = new FailureLog({ info: note, warn: note, error: note }, () => ms);
    const failing = server('http://127.0.0.1:3000');
    const cause = new Error('refused');
    for (ms = 0; ms < 2500; ms += 100) log.failed(failing, cause);
    expect(said).toEqual([
      { upstream: 'http://127.0.0.1:3000', err: cause },
      { upstream: 'http://127.0.0.1:3000', err: cause, unsaid: 9 },
      { upstream: 'http://127.0.0.1:3000', err: cause, unsaid: 9 },
    ]);
  });
});

describe.each(['http-proxy', 'wire'] as const)('the event log, engine %s', (engine) => {
  it.each([
    ['nobody listens', undefined, /ECONNREFUSED/],
    ['the answer is no HTTP', 'hello\r\n\r\n', /./],
    [
      'the head contradicts itself',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n',
      /./,
    ],
    ['the answer is cut', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab', /./],
  ])('hears why when %s, and the client does not', async (_name, bytes, cause) => {
    const { url } = await rawUpstream((socket) => socket.end(bytes ?? ''));
    const target = upstream([bytes === undefined ? 'http://127.0.0.1:1' : url], { engine });
    const { httpPort, events } = await startFront(plain({ routes: [route('/', target)] }));
    const answer = await exchangeRaw(
      httpPort,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
    await expect.poll(() => events.length).toBeGreaterThan(0);
    const [[fields, message] = []] = events;
    expect(message).toBe('the upstream server failed a request');
    expect(String(Reflect.get(fields ?? {}, 'err'))).toMatch(cause);
    expect(answer).not.toMatch(/ECONN|127\.0\.0\.1/);
  });
});
