import { describe, expect, it } from 'vitest';
import { refusalOf, type AdminRequest } from '../../../src/serve/admin/guard.ts';

const asked = (overrides: Partial<AdminRequest>): AdminRequest => ({
  path: '/status',
  headers: { host: 'localhost:9901' },
  peer: '127.0.0.1',
  readers: undefined,
  ...overrides,
});

describe('the admin listener', () => {
  it.each(['localhost', 'localhost:9901', '127.0.0.1:9901', '127.0.0.2', '[::1]:9901'])(
    'answers a program on this machine that calls it %s',
    (host) => {
      expect(refusalOf(asked({ headers: { host } }))).toBeUndefined();
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:9901',
    '10.0.0.1',
    '',
    undefined,
  ])('refuses Host %s: a rebound name carries it (DNS rebinding)', (host) => {
    expect(refusalOf(asked({ headers: { host } }))).toContain('expected Host');
  });

  it('refuses what a web page sends, even to 127.0.0.1 by its address', () => {
    const host = '127.0.0.1:9901';
    expect(refusalOf(asked({ headers: { host, origin: 'https://evil.example' } }))).toContain('Origin');
    expect(refusalOf(asked({ headers: { host, origin: 'null' } }))).toContain('Origin');
    expect(refusalOf(asked({ headers: { host, 'sec-fetch-site': 'cross-site' } }))).toContain(
      'Sec-Fetch-Site',
    );
  });

  it('answers its own page, which gives its own origin', () => {
    const own = { host: '127.0.0.1:9901', origin: 'http://127.0.0.1:9901', 'sec-fetch-site': 'same-origin' };
    expect(refusalOf(asked({ headers: own }))).toBeUndefined();
    expect(refusalOf(asked({ headers: { ...own, origin: 'http://127.0.0.1:8080' } }))).toContain('Origin');
  });

  it('answers a person who typed the address', () => {
    expect(refusalOf(asked({ headers: { host: 'localhost', 'sec-fetch-site': 'none' } }))).toBeUndefined();
  });

  it('answers other machines about health only, by whatever name', () => {
    const elsewhere = { peer: '10.1.2.3', headers: { host: '10.0.0.7:9901' } };
    expect(refusalOf(asked({ ...elsewhere, path: '/healthz' }))).toBeUndefined();
    expect(refusalOf(asked({ ...elsewhere, path: '/readyz' }))).toBeUndefined();
    expect(refusalOf(asked({ ...elsewhere, path: '/status' }))).toContain('10.1.2.3');
    expect(refusalOf(asked({ ...elsewhere, path: '/reload' }))).toContain('10.1.2.3');
  });

  describe('with readers of /metrics', () => {
    const readers = { from: ['10.0.0.0/8', 'fd00::/8'], hosts: ['web1.internal'] };
    const scrape = (overrides: Partial<AdminRequest> = {}): string | undefined =>
      refusalOf(
        asked({
          path: '/metrics',
          peer: '10.1.2.3',
          headers: { host: '10.0.0.7:9901' },
          readers,
          ...overrides,
        }),
      );

    it('answers them by address and by the names that are written out', () => {
      expect(scrape()).toBeUndefined();
      expect(scrape({ peer: '::ffff:10.1.2.3' })).toBeUndefined();
      expect(scrape({ peer: 'fd00::9', headers: { host: '[fd00::7]:9901' } })).toBeUndefined();
      expect(scrape({ headers: { host: 'WEB1.internal:9901' } })).toBeUndefined();
      expect(scrape({ peer: '127.0.0.1', headers: { host: 'web1.internal:9901' } })).toBeUndefined();
    });

    it('refuses others, and says what to write', () => {
      expect(scrape({ peer: '192.0.2.1' })).toContain('admin.metrics.from');
      expect(scrape({ readers: undefined })).toContain('admin.metrics.from');
    });

    it('refuses a rebound name, and what web pages send', () => {
      expect(scrape({ headers: { host: 'evil.example:9901' } })).toContain('admin.metrics.hosts');
      expect(scrape({ headers: { host: undefined } })).toContain('expected Host');
      const host = '10.0.0.7:9901';
      expect(scrape({ headers: { host, origin: 'http://evil.example' } })).toContain('Origin');
      expect(scrape({ headers: { host, 'sec-fetch-site': 'cross-site' } })).toContain('Sec-Fetch-Site');
    });

    it.each([
      '/',
      '/live',
      '/status',
      '/reload',
      '/request-log',
      '/layers',
      '/purge',
      '/metrics?',
      '/metrics/',
    ])('gives them no more: %s is as it was', (path) => {
      expect(scrape({ path })).toContain('only /healthz and /readyz');
      expect(scrape({ path, peer: '127.0.0.1', headers: { host: 'web1.internal' } })).toContain(
        'expected Host',
      );
    });
  });

  it('knows loopback in its IPv6 spelling', () => {
    expect(refusalOf(asked({ peer: '::1' }))).toBeUndefined();
    expect(refusalOf(asked({ peer: '::ffff:127.0.0.1' }))).toBeUndefined();
    expect(refusalOf(asked({ peer: '::ffff:10.1.2.3' }))).toContain('10.1.2.3');
  });

  it('leaves a unix socket to its file permissions', () => {
    expect(refusalOf(asked({ peer: undefined, headers: {} }))).toBeUndefined();
    expect(refusalOf(asked({ peer: undefined, headers: { host: 'anything' } }))).toBeUndefined();
  });

  it('refuses a web page also on a unix socket, which a port may be forwarded to', () => {
    const rebound = { host: 'evil.example:9901', origin: 'http://evil.example:9901' };
    expect(refusalOf(asked({ peer: undefined, headers: rebound }))).toContain('expected Host');
    const crossing = { host: 'localhost:9901', 'sec-fetch-site': 'cross-site' };
    expect(refusalOf(asked({ peer: undefined, headers: crossing }))).toContain('Sec-Fetch-Site');
  });
});
