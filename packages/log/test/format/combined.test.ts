import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCombined } from '../../src/format/combined.ts';
import { recordOf } from '../support/record.ts';

const format = compileCombined();
/** As log readers have it: no field can hold a bare quote. */
const GRAMMAR = /^(\S+) - - \[([^\]]+)\] "([^"]*)" (\d{3}) (\d+) "([^"]*)" "([^"]*)"( weight=\d+)?\n$/;
const hasGoaccess = spawnSync('goaccess', ['--version']).status === 0;

describe('a combined line', () => {
  it('is what Apache and nginx write', () => {
    expect(format(recordOf({ referer: 'https://example.org/' }), 1)).toBe(
      '203.0.113.9 - - [23/Nov/2026:01:50:19 +0000] "GET /a?b=c HTTP/1.1" 200 1024' +
        ' "https://example.org/" "Mozilla/5.0"\n',
    );
  });

  it('shows what is absent as a dash', () => {
    const line = format(recordOf({ client: '', userAgent: undefined }), 1);
    expect(line).toMatch(/^- - - \[.* "-" "-"\n$/);
  });

  it('escapes quotes, backslashes, controls and bytes above ASCII as nginx does', () => {
    const line = format(recordOf({ userAgent: 'a"b\\c\r\n\u001b[31m\u00e9' }), 1);
    expect(line).toContain('"a\\x22b\\x5Cc\\x0D\\x0A\\x1B[31m\\xC3\\xA9"');
  });

  it('keeps its grammar whatever the client sent', () => {
    const hostile = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(hostile, hostile, hostile, (path, userAgent, client) => {
        const line = format(recordOf({ path, userAgent, client }), 3);
        expect(line).toMatch(/^[ -~]+\n$/);
        expect(line).toMatch(GRAMMAR);
      }),
    );
  });

  it.skipIf(!hasGoaccess && process.env['CI'] !== 'true')('is read by goaccess without a failed line', () => {
    const lines = [
      format(recordOf(), 1),
      format(recordOf({ path: '/"\n', userAgent: '"\u0000' }), 1),
      format(recordOf({ client: '2001:db8::1', status: 499 }), 7),
    ].join('');
    const { stdout } = spawnSync('goaccess', ['-', '--log-format=COMBINED', '-o', 'json'], { input: lines });
    const { general } = JSON.parse(stdout.toString());
    expect(general).toMatchObject({ total_requests: 3, valid_requests: 3, failed_requests: 0 });
  });
});
