import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import type { RequestRecord } from '@tollgate/log';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startSite } from '../../src/listen/server.ts';
import type { Logs, RunningSite } from '../../src/listen/server.ts';

interface Recorded {
  readonly site: RunningSite;
  readonly records: RequestRecord[];
}

async function recordedSite(tls: boolean): Promise<Recorded> {
  const records: RequestRecord[] = [];
  const requestLog = { enabled: true, write: (record: RequestRecord) => records.push(record) };
  const logs = { requestLog, eventLog: { error: vi.fn() } } as unknown as Logs;
  const listening = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const site = await startSite({ listening, tls, requestLog: 'on' }, logs);
  onTestFinished(() => site.close());
  return { site, records };
}

describe('the site’s own request log', () => {
  it('has one record for each request, with the bytes of both bodies', async () => {
    const { site, records } = await recordedSite(false);
    const agent = { 'user-agent': 'test' };
    await (await fetch(`${site.url}/upload?a=b`, { method: 'POST', body: 'four', headers: agent })).text();
    await expect.poll(() => records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      client: '127.0.0.1',
      method: 'POST',
      scheme: 'http',
      host: '127.0.0.1',
      path: '/upload?a=b',
      protocol: 'HTTP/1.1',
      status: 200,
      bytesIn: 4,
      bytesOut: '{"bytes":4}'.length,
      tlsVersion: undefined,
      userAgent: 'test',
    });
  });

  it('counts a chunked body and a streamed answer', async () => {
    const { site, records } = await recordedSite(false);
    const body = new Blob(['x'.repeat(70_000)]).stream();
    await (await fetch(`${site.url}/upload`, { method: 'POST', body, duplex: 'half' })).text();
    await (await fetch(`${site.url}/download?bytes=200000`)).arrayBuffer();
    await (await fetch(`${site.url}/download?bytes=200000`, { method: 'HEAD' })).text();
    await expect.poll(() => records).toHaveLength(3);
    expect(records.map(({ bytesIn, bytesOut }) => [bytesIn, bytesOut])).toEqual([
      [70_000, 15],
      [0, 200_000],
      [0, 0],
    ]);
  });

  it('tells protocol and TLS of an HTTP/2 request', async () => {
    const { site, records } = await recordedSite(true);
    const session = connect(site.url, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    await text(session.request({ ':path': '/healthz' }));
    await expect.poll(() => records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      scheme: 'https',
      protocol: 'HTTP/2.0',
      status: 200,
      tlsVersion: 'TLSv1.3',
      tlsCipher: 'TLS_AES_128_GCM_SHA256',
    });
  });

  it('takes client and request id from a front on this machine', async () => {
    const { site, records } = await recordedSite(false);
    const headers = { via: '1.1 tollgate', 'x-forwarded-for': '203.0.113.7', 'x-request-id': 'abc' };
    await (await fetch(`${site.url}/healthz`, { headers })).text();
    await expect.poll(() => records).toHaveLength(1);
    expect(records[0]).toMatchObject({ client: '203.0.113.7', requestId: 'abc' });
  });

  it('has 499 for a client that left', async () => {
    const { site, records } = await recordedSite(false);
    const leaving = get(`${site.url}/download?bytes=1000000000`);
    const [response] = await once(leaving, 'response');
    response.destroy();
    await expect.poll(() => records).toHaveLength(1);
    expect(records[0]).toMatchObject({ status: 499 });
  });
});
