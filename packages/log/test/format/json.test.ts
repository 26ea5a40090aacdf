import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileJson } from '../../src/format/json.ts';
import { recordOf } from '../support/record.ts';

const format = compileJson();
const hostile = fc.string({ unit: 'binary', maxLength: 200 });

describe('a json line', () => {
  it('holds every value of the record under its own name', () => {
    expect(JSON.parse(format(recordOf({ referer: 'https://example.org/' }), 1))).toEqual({
      time: '2026-11-23T01:50:19.007Z',
      client: '203.0.113.9',
      method: 'GET',
      scheme: 'https',
      host: 'example.com',
      path: '/a?b=c',
      protocol: 'HTTP/1.1',
      status: 200,
      bytesIn: 0,
      bytesOut: 1024,
      durationMs: 1.235,
      upstreamMs: 0.988,
      upstream: 'http://127.0.0.1:3000',
      tlsVersion: 'TLSv1.3',
      tlsCipher: 'TLS_AES_128_GCM_SHA256',
      requestId: '0123456789abcdef',
      userAgent: 'Mozilla/5.0',
      referer: 'https://example.org/',
    });
  });

  it('leaves out what is not known', () => {
    const bare = recordOf({
      upstreamMs: undefined,
      upstream: undefined,
      tlsVersion: undefined,
      tlsCipher: undefined,
      userAgent: undefined,
    });
    expect(Object.keys(JSON.parse(format(bare, 1)))).toEqual([
      'time',
      'client',
      'method',
      'scheme',
      'host',
      'path',
      'protocol',
      'status',
      'bytesIn',
      'bytesOut',
      'durationMs',
      'requestId',
    ]);
  });

  it('carries its weight only when it stands for more than itself', () => {
    expect(format(recordOf(), 1)).not.toContain('weight');
    expect(JSON.parse(format(recordOf(), 12)).weight).toBe(12);
  });

  it('is one line of printable ASCII whatever the client sent, and reads back as it was sent', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (path, userAgent, host) => {
        const line = format(recordOf({ path, userAgent, host }), 1);
        expect(line).toMatch(/^[ -~]+\n$/);
        const read = JSON.parse(line);
        expect(read.path).toBe(path.toWellFormed());
        expect(read.userAgent).toBe(userAgent.toWellFormed());
        expect(read.host).toBe(host.toWellFormed());
      }),
    );
  });

  it('cannot be ended early by a quote, a backslash or a line feed', () => {
    const forged = '"}\n{"status":200,"path":"\\';
    const read = JSON.parse(format(recordOf({ path: forged, status: 404 }), 1));
    expect(read.path).toBe(forged);
    expect(read.status).toBe(404);
  });

  it('makes lone surrogates U+FFFD, which every parser takes', () => {
    expect(format(recordOf({ path: '/\ud800x' }), 1)).toContain('"/\\ufffdx"');
  });

  it('stays under the 48 KB at which journald splits a line, at its worst', () => {
    const worst = '\u{ffff}'.repeat(100_000);
    const record = recordOf({ path: worst, userAgent: worst, referer: worst, host: worst, method: worst });
    const line = format(record, 1);
    expect(line.length).toBeLessThan(48 * 1024);
    expect(JSON.parse(line).path).toMatch(/\.\.\.$/);
  });
});
