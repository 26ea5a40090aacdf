import { compileTrust, identifyClient, requestFields } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { accepted, head } from '../gate/support.ts';
import {
  formatForwardedTls,
  parseForwardedTls,
  parseRequestStart,
  tierFields,
} from '../../src/headers/tiers.ts';

describe('the fields by which a front tells an app of the client’s connection', () => {
  it('reads back the TLS version and cipher it wrote', () => {
    const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' };
    expect(parseForwardedTls(formatForwardedTls(tls))).toEqual(tls);
  });

  it.each(['', 'TLSv1.3', 'TLSv1.3 ', 'a b c'])('takes %j for no TLS fact', (value) => {
    expect(parseForwardedTls(value)).toBeUndefined();
  });

  it('are never a client’s own', () => {
    const rawHeaders = ['x-forwarded-tls', 'TLSv1.3 forged', 'X-Request-Start', 't=1000000000000000'];
    const client = identifyClient(
      { peer: '192.0.2.1', scheme: 'https', authority: 'a', rawHeaders },
      compileTrust(['192.0.2.1']),
      () => 'id',
    );
    const verdict = accepted(head({ rawHeaders: ['Host', 'a', ...rawHeaders] }));
    const fields = requestFields(verdict, rawHeaders, client, '1.1').join('\n');
    expect(fields).not.toMatch(/forged|t=1000000000000000/);
  });

  it('names TLS only where there is TLS', () => {
    expect(tierFields('TLSv1.3 X', 1)).toEqual(['X-Forwarded-Tls', 'TLSv1.3 X', 'X-Request-Start', 't=1']);
    expect(tierFields(undefined, 1)).toEqual(['X-Request-Start', 't=1']);
  });

  it('reads back the time it wrote, to the microsecond', () => {
    const [name, value = ''] = tierFields(undefined, 1_795_398_720_123_456);
    expect(name).toBe('X-Request-Start');
    expect(parseRequestStart(value)).toBe(1_795_398_720_123_456);
  });

  it.each(['', 't=', 't=12', '1795398720123456', 't=1795398720123456x', 't=99999999999999999'])(
    'takes %j for no time',
    (value) => {
      expect(parseRequestStart(value)).toBeUndefined();
    },
  );
});
