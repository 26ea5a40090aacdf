import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/settings.ts';

describe('the settings of npm run backend', () => {
  it('are TLS on 127.0.0.1:3000 with a request log when nothing is said', () => {
    expect(readSettings({})).toEqual({
      kind: 'good',
      settings: { listening: { kind: 'tcp', host: '127.0.0.1', port: 3000 }, tls: true, requestLog: 'on' },
    });
  });

  it('take a unix socket over a port', () => {
    expect(readSettings({ UNIX_SOCKET: '/run/a.sock', PORT: '80', TLS: 'off', REQUEST_LOG: 'off' })).toEqual({
      kind: 'good',
      settings: { listening: { kind: 'unix', path: '/run/a.sock' }, tls: false, requestLog: 'off' },
    });
  });

  it('report every mistake at once', () => {
    expect(readSettings({ PORT: '70000', TLS: 'yes', REQUEST_LOG: '1' })).toEqual({
      kind: 'bad',
      errors: [
        'PORT: expected a number from 0 to 65535, got "70000"',
        'TLS: expected on, off, got "yes"',
        'REQUEST_LOG: expected on, off, errors, auto, got "1"',
      ],
    });
  });
});
