// PROXY headers byte by byte, as the specification's examples have them.
import { describe, expect, it } from 'vitest';
import { proxyHeader } from '../../src/upstream/proxyHeader.ts';

const V4 = {
  source: { address: '192.168.0.1', port: 56_324 },
  destination: { address: '192.168.0.11', port: 443 },
};
const V6 = { source: { address: '2001:db8::1', port: 1 }, destination: { address: '::1', port: 65_535 } };
const MIXED = { ...V6, source: V4.source };
const UNIX = { ...V4, source: { address: '', port: 0 } };
const SIGNATURE = '0d0a0d0a000d0a515549540a';

describe('PROXY v1', () => {
  it.each([
    [V4, 'PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n'],
    [V6, 'PROXY TCP6 2001:db8::1 ::1 1 65535\r\n'],
    [MIXED, 'PROXY TCP6 ::ffff:192.168.0.1 ::1 56324 65535\r\n'],
    [UNIX, 'PROXY UNKNOWN\r\n'],
    [undefined, 'PROXY UNKNOWN\r\n'],
  ])('%j', (ends, line) => {
    expect(proxyHeader('v1', ends).toString('latin1')).toBe(line);
  });
});

describe('PROXY v2', () => {
  it.each([
    [V4, `${SIGNATURE}2111000cc0a80001c0a8000bdc0401bb`],
    [V6, `${SIGNATURE}2121002420010db8000000000000000000000001000000000000000000000000000000010001ffff`],
    [MIXED, `${SIGNATURE}2121002400000000000000000000ffffc0a8000100000000000000000000000000000001dc04ffff`],
    [UNIX, `${SIGNATURE}20000000`],
    [undefined, `${SIGNATURE}20000000`],
  ])('%j', (ends, hex) => {
    expect(proxyHeader('v2', ends).toString('hex')).toBe(hex);
  });
});
