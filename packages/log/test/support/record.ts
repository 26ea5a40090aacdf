// One plausible record, with what a test cares about put in.
import type { RequestRecord } from '../../src/index.ts';

export function recordOf(overrides: Partial<RequestRecord> = {}): RequestRecord {
  return {
    timeMs: Date.UTC(2026, 10, 23, 1, 50, 19, 7),
    client: '203.0.113.9',
    method: 'GET',
    scheme: 'https',
    host: 'example.com',
    path: '/a?b=c',
    protocol: 'HTTP/1.1',
    status: 200,
    bytesIn: 0,
    bytesOut: 1024,
    durationMs: 1.23456,
    upstreamMs: 0.9876,
    upstream: 'http://127.0.0.1:3000',
    tlsVersion: 'TLSv1.3',
    tlsCipher: 'TLS_AES_128_GCM_SHA256',
    requestId: '0123456789abcdef',
    userAgent: 'Mozilla/5.0',
    referer: undefined,
    ...overrides,
  };
}
