// PROXY headers as received: from a real HAProxy, in pieces, from whom they are not believed, and not at all.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connect as connectH2 } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readProxyHeader } from '../../../src/listen/proxyProtocol/header.ts';
import { proxyHeader } from '../../../src/upstream/proxyHeader.ts';
import {
  plain,
  respond,
  route,
  startFront,
  upstream,
  type Running,
  type Wanted,
} from '../../support/front.ts';
import { haproxyTelling } from '../../support/haproxy.ts';
import { RawClient, rawConnect } from '../../support/raw.ts';
import { httpUpstream } from '../../support/upstream.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

/** Its own address is the proxy's; clients come from another one of loopback. */
const wanted: Wanted = {
  proxyProtocol: true,
  trustedProxies: ['127.0.0.1'],
  routes: [route('/', respond('hello'))],
};
const CLIENT = '127.0.0.9';
const from = (port: number): Socket => connect({ port, host: '127.0.0.1', localAddress: CLIENT });

const source = { address: '192.0.2.7', port: 4711 };
const destination = { address: '192.0.2.1', port: 443 };

describe.each(['send-proxy', 'send-proxy-v2'] as const)('a real HAProxy with %s', (how) => {
  it('says who the client is, over plain connections and below TLS, h1 and h2', async () => {
    const running = await startFront(wanted);
    const told = async (): Promise<string[]> => {
      await expect.poll(() => running.records.length).toBe(1);
      return running.records.splice(0).map(({ client, protocol }) => `${client} ${protocol}`);
    };
    const secured = await haproxyTelling(running.httpsPort, how);
    const h1 = new RawClient(connectTls({ socket: from(secured), rejectUnauthorized: false }));
    h1.write(GET);
    expect(await h1.untilClosed()).toMatch(/^HTTP\/1\.1 200 .*hello$/s);
    expect(await told()).toEqual([`${CLIENT} HTTP/1.1`]);

    const session = connectH2('https://a.test', {
      createConnection: () =>
        connectTls({ socket: from(secured), rejectUnauthorized: false, ALPNProtocols: ['h2'] }),
    });
    onTestFinished(() => session.destroy());
    expect(String(await buffer(session.request({ ':authority': 'a.test' })))).toBe('hello');
    expect(await told()).toEqual([`${CLIENT} HTTP/2.0`]);
  });

  it('over plain http', async () => {
    const running = await startFront(plain(wanted));
    const port = await haproxyTelling(running.httpPort, how);
    const client = new RawClient(from(port));
    client.write(GET);
    expect(await client.untilClosed()).toMatch(/^HTTP\/1\.1 200 .*hello$/s);
    expect(await running.record()).toMatchObject({ client: CLIENT, status: 200 });
  });
});

describe('a header', () => {
  const HEADERS = (['v1', 'v2'] as const).map((version) => proxyHeader(version, { source, destination }));

  const sent = async (running: Running, ...pieces: (Buffer | string)[]): Promise<string> => {
    const client = rawConnect(running.httpPort);
    for (const piece of pieces) {
      client.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return client.untilClosed();
  };

  it.each(HEADERS)('may come in pieces, and the request with it', async (header) => {
    const running = await startFront(plain(wanted));
    const whole = Buffer.concat([header, Buffer.from(GET)]);
    expect(await sent(running, whole)).toMatch(/hello$/);
    for (const at of [1, 6, 13, 15, header.length - 1, header.length, header.length + 4])
      expect(await sent(running, whole.subarray(0, at), whole.subarray(at))).toMatch(/hello$/);
    expect(new Set(running.records.map(({ client }) => client))).toEqual(new Set(['192.0.2.7']));
  });

  it.each(['wire', 'http-proxy'] as const)('is what an upstream is told (%s)', async (engine) => {
    const { url } = await httpUpstream((request, answer) =>
      answer.end(String(request.headers['x-forwarded-for'])),
    );
    const running = await startFront(plain({ ...wanted, routes: [route('/', upstream([url], { engine }))] }));
    const header = proxyHeader('v2', {
      source: { address: '2001:db8::7', port: 1 },
      destination: { address: '2001:db8::1', port: 2 },
    });
    expect(await sent(running, header, GET)).toMatch(/\r\n\r\n.*2001:db8::7/s);
  });

  it('of the proxy itself (LOCAL, UNKNOWN) leaves it its own address', async () => {
    const running = await startFront(plain(wanted));
    for (const version of ['v1', 'v2'] as const)
      expect(await sent(running, proxyHeader(version, undefined), GET)).toMatch(/hello$/);
    expect(running.records.map(({ client }) => client)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('that is missing, wrong or late closes a trusted peer, and is counted', async () => {
    const running = await startFront(plain({ ...wanted, timeouts: { tlsHandshakeMs: 200 } }));
    const wrong = [
      GET,
      'PROXY TCP4 1.2.3.4 5.6.7.8 1 99999\r\n',
      'PROXY TCP6 1.2.3.4 ::1 1 1\r\n',
      `PROXY ${'x'.repeat(200)}`,
    ];
    for (const bytes of wrong) expect(await sent(running, bytes)).toBe('');
    expect(await sent(running, 'PROXY TC')).toBe('');
    expect(running.front.status().drops).toEqual({ 'proxy-header-missing': 5 });
    expect(running.records).toEqual([]);
  });

  it('of anybody else is no header: that peer is served as itself', async () => {
    const running = await startFront(plain({ ...wanted, trustedProxies: ['192.0.2.9'] }));
    expect(await sent(running, GET)).toMatch(/hello$/);
    expect(await sent(running, proxyHeader('v1', { source, destination }), GET)).toMatch(/^HTTP\/1\.1 400 /);
    expect(running.records.map(({ client }) => client)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('brings its address under limits.connectionsPerAddress', async () => {
    const running = await startFront(plain({ ...wanted, limits: { connectionsPerAddress: 1 } }));
    const first = rawConnect(running.httpPort);
    first.write(
      Buffer.concat([
        proxyHeader('v1', { source, destination }),
        Buffer.from(GET.replace('close', 'keep-alive')),
      ]),
    );
    await first.until((text) => text.endsWith('hello'));
    expect(await sent(running, proxyHeader('v1', { source, destination }), GET)).toBe('');
    expect(
      await sent(running, proxyHeader('v1', { source: { address: '192.0.2.8', port: 1 }, destination }), GET),
    ).toMatch(/hello$/);
    expect(running.front.status().drops).toEqual({ 'over-address-limit': 1 });
  });
});

it('too long a binary header is refused before it has come', () => {
  const header = proxyHeader('v2', { source, destination });
  header.writeUInt16BE(2049, 14);
  expect(readProxyHeader(header)).toBe('malformed');
  expect(readProxyHeader(header.subarray(0, 15))).toBe('incomplete');
});
