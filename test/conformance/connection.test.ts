// The client's HTTP/1.1 connection, byte by byte: when it stays, when it ends, and in which order answers come.
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { rawConnectTls } from '../../packages/proxy/test/support/raw.ts';
import type { RawClient } from '../../packages/proxy/test/support/raw.ts';
import { FRONT_WAYS, HOST, onEveryWay, WAYS } from '../support/ways.ts';
import type { Running } from '../support/ways.ts';

const connect = ({ httpsPort }: Running): RawClient => rawConnectTls(httpsPort, { servername: HOST });

function head(line: string, ...fields: readonly string[]): string {
  return [line, `Host: ${HOST}`, ...fields, '', ''].join('\r\n');
}
const get = (path: string, ...fields: readonly string[]): string => head(`GET ${path} HTTP/1.1`, ...fields);

/** Status lines, in order. */
const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, code]) => code ?? '');
const headOf = (text: string): string => text.split('\r\n\r\n', 1)[0] ?? '';

onEveryWay(
  WAYS,
  (running) => {
    it('ends after the answer when the client asks for it, and says so', async () => {
      const client = connect(running());
      client.write(get('/healthz', 'Connection: close'));
      const answer = await client.untilClosed();
      expect(answer).toMatch(/\r\nconnection: close\r\n/i);
      expect(answer).not.toMatch(/keep-alive/i);
      expect(answer.endsWith('ok\n')).toBe(true);
    });

    it('is used again otherwise', async () => {
      const client = connect(running());
      for (let round = 1; round <= 3; round++) {
        client.write(get('/healthz'));
        await client.until((text) => (text.match(/ok\n/g) ?? []).length === round);
      }
      expect(client.closed).toBe(false);
      expect(headOf(client.text)).not.toMatch(/connection: close/i);
    });

    it('is used again after a body, an answer without one, HEAD and an error', async () => {
      const client = connect(running());
      const requests = [
        `${head('POST /upload HTTP/1.1', 'Content-Length: 5')}hello`,
        `${head('POST /upload HTTP/1.1', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
        `${head('DELETE /probe/echo HTTP/1.1', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
        get('/status?code=204'),
        get('/status?code=304'),
        head('HEAD /download?bytes=100000 HTTP/1.1'),
        get('/status?code=500'),
        get('/nowhere'),
      ];
      for (const [at, request] of requests.entries()) {
        client.write(request);
        await client.until((text) => statuses(text).length === at + 1 && headsComplete(text, at + 1));
        await wait(20);
      }
      client.write(get('/healthz', 'Connection: close'));
      const answer = await client.untilClosed();
      expect(statuses(answer)).toEqual(['200', '200', '200', '204', '304', '200', '500', '404', '200']);
      expect(answer.match(/\{"bytes":5\}/g)).toHaveLength(2);
    });

    it('answers pipelined requests in their order, the slow one first', async () => {
      const client = connect(running());
      client.write(get('/slow?ms=150') + get('/healthz') + get('/status?code=418', 'Connection: close'));
      const answer = await client.untilClosed();
      expect(statuses(answer)).toEqual(['200', '200', '418']);
      expect(answer.indexOf('waitedMs')).toBeLessThan(answer.indexOf('ok\n'));
    });

    it('answers 50 pipelined requests, all of them', async () => {
      const client = connect(running());
      client.write(get('/download?bytes=1000').repeat(49) + get('/healthz', 'Connection: close'));
      const answer = await client.untilClosed();
      expect(statuses(answer)).toHaveLength(50);
      expect(answer.endsWith('ok\n')).toBe(true);
    });

    it('takes a request that comes a byte at a time', async () => {
      const client = connect(running());
      for (const byte of get('/healthz', 'Connection: close')) {
        client.write(byte);
        await new Promise(setImmediate);
      }
      expect(await client.untilClosed()).toMatch(/^HTTP\/1\.1 200 [\s\S]*ok\n$/);
    });

    it('tells a client that waits to go on, and then takes the body', async () => {
      const client = connect(running());
      client.write(
        head('POST /upload HTTP/1.1', 'Content-Length: 5', 'Expect: 100-continue', 'Connection: close'),
      );
      await client.until((text) => text.includes('HTTP/1.1 100 '));
      expect(statuses(client.text)).toEqual(['100']);
      client.write('hello');
      const answer = await client.untilClosed();
      expect(statuses(answer)).toEqual(['100', '200']);
      expect(answer.endsWith('{"bytes":5}')).toBe(true);
    });

    it('gives an HTTP/1.0 client a body without chunks and then the end', async () => {
      const client = connect(running());
      client.write(head('GET /events?count=3&intervalMs=1 HTTP/1.0'));
      const answer = await client.untilClosed();
      expect(headOf(answer)).not.toMatch(/transfer-encoding/i);
      expect(answer.match(/^id: \d$/gm)).toEqual(['id: 1', 'id: 2', 'id: 3']);
      expect(answer.endsWith('\n\n')).toBe(true);
    });

    it('has exactly one framing for every answer', async () => {
      const client = connect(running());
      const paths = [
        '/healthz',
        '/download?bytes=3000000',
        '/events?count=2&intervalMs=1',
        '/status?code=404',
      ];
      for (const [at, path] of paths.entries()) {
        client.write(get(path));
        await client.until((text) => statuses(text).length === at + 1 && headsComplete(text, at + 1));
        const last = client.text.slice(client.text.lastIndexOf('HTTP/1.1 '));
        const framings = headOf(last).match(/^(content-length|transfer-encoding):/gim) ?? [];
        expect(framings).toHaveLength(1);
        await wait(100);
      }
    });
  },
  ['h1'],
);

describe('with a front', () => {
  onEveryWay(
    FRONT_WAYS,
    (running) => {
      it('stays though the app ends its own', async () => {
        const client = connect(running());
        client.write(get('/probe/close'));
        await client.until((text) => text.endsWith('closing'));
        client.write(get('/healthz', 'Connection: close'));
        const answer = await client.untilClosed();
        expect(statuses(answer)).toEqual(['200', '200']);
        expect(headOf(answer)).not.toMatch(/connection: close/i);
      });

      it('ends after a request that is refused, with an answer', async () => {
        const client = connect(running());
        client.write(`GET /healthz HTTP/1.1\r\nHost: ${HOST}\r\nHost: other\r\n\r\n${get('/healthz')}`);
        expect(statuses(await client.untilClosed())).toEqual(['400']);
      });

      it('does not carry a request that announces two lengths to the app', async () => {
        const client = connect(running());
        const smuggled = head('POST /upload HTTP/1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked');
        client.write(`${smuggled}0\r\n\r\n${get('/probe/echo')}`);
        expect(statuses(await client.untilClosed())).toEqual(['400']);
      });
    },
    ['h1'],
  );
});

/** As many heads have come whole as there are status lines. */
const headsComplete = (text: string, count: number): boolean =>
  (text.match(/HTTP\/1\.1 [\s\S]*?\r\n\r\n/g) ?? []).length >= count;
