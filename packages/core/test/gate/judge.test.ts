import { describe, expect, it } from 'vitest';
import { accepted, head, LIMITS, verdictOf, withFields } from './support.ts';

describe('the gate accepts', () => {
  it('a plain request and gives what is matched and forwarded', () => {
    expect(accepted(head({ target: '/a/%7e?q=%zz&r' }))).toEqual({
      kind: 'accepted',
      method: 'GET',
      form: 'origin',
      host: 'example.com',
      port: undefined,
      authority: 'example.com',
      path: '/a/~',
      query: 'q=%zz&r',
      target: '/a/~?q=%zz&r',
      body: 'none',
      contentLength: undefined,
      close: false,
      expectContinue: false,
      upgrade: undefined,
    });
  });

  it('an absolute-form target that agrees with Host, in any spelling', () => {
    const verdict = accepted(
      head({ target: 'HTTPS://EXAMPLE.com:443?x', rawHeaders: ['host', 'example.com.'] }),
    );
    expect(verdict).toMatchObject({ form: 'absolute', authority: 'example.com', path: '/', target: '/?x' });
  });

  it('OPTIONS of the server itself', () => {
    expect(accepted(head({ method: 'OPTIONS', target: '*' }))).toMatchObject({ form: 'asterisk', path: '*' });
    expect(accepted(head({ method: 'OPTIONS', target: 'https://example.com' })).form).toBe('asterisk');
  });

  it('HTTP/1.0 without Host, as health checks send it', () => {
    expect(accepted(head({ httpVersion: '1.0', rawHeaders: [] }))).toMatchObject({ host: '', close: true });
    expect(accepted(head({ httpVersion: '1.0', target: 'https://a.example/', rawHeaders: [] })).host).toBe(
      'a.example',
    );
  });

  it('a port, and leaves the default one out of the outgoing Host', () => {
    const authorityOf = (host: string): string => accepted(head({ rawHeaders: ['Host', host] })).authority;
    expect(authorityOf('Example.com:8443')).toBe('example.com:8443');
    expect(authorityOf('example.com:443')).toBe('example.com');
    expect(authorityOf('example.com:80')).toBe('example.com:80');
  });

  it('bodies by length and by chunks on any method', () => {
    expect(accepted(withFields('content-length', '5'))).toMatchObject({ body: 'length', contentLength: 5 });
    expect(accepted(withFields('Content-Length', '0'))).toMatchObject({ body: 'none', contentLength: 0 });
    expect(accepted(withFields('Transfer-Encoding', 'Chunked')).body).toBe('chunked');
    expect(accepted({ ...withFields('Transfer-Encoding', 'chunked'), method: 'DELETE' }).body).toBe(
      'chunked',
    );
  });

  it('closing as the version and Connection say', () => {
    const closes = (httpVersion: string, ...fields: string[]): boolean =>
      accepted({ ...withFields(...fields), httpVersion }).close;
    expect(closes('1.1')).toBe(false);
    expect(closes('1.1', 'Connection', 'foo , Close')).toBe(true);
    expect(closes('1.0')).toBe(true);
    expect(closes('1.0', 'connection', 'keep-alive')).toBe(false);
    expect(closes('1.0', 'connection', 'keep-alive', 'connection', 'close')).toBe(true);
  });

  it('a WebSocket, and ignores every other upgrade', () => {
    const upgradeOf = (fields: string[], method = 'GET'): string | undefined =>
      accepted({ ...withFields(...fields), method }).upgrade;
    expect(upgradeOf(['Upgrade', 'WebSocket', 'Connection', 'keep-alive, Upgrade'])).toBe('websocket');
    expect(upgradeOf(['Upgrade', 'websocket'])).toBeUndefined();
    expect(upgradeOf(['Connection', 'upgrade'])).toBeUndefined();
    expect(
      upgradeOf(['Upgrade', 'h2c', 'Connection', 'Upgrade, HTTP2-Settings', 'HTTP2-Settings', '']),
    ).toBeUndefined();
    expect(upgradeOf(['Upgrade', 'websocket', 'Connection', 'upgrade'], 'POST')).toBeUndefined();
  });

  it('Expect: 100-continue, but not the one of HTTP/1.0', () => {
    expect(accepted(withFields('Expect', '100-Continue')).expectContinue).toBe(true);
    expect(accepted({ ...withFields('Expect', '100-continue'), httpVersion: '1.0' }).expectContinue).toBe(
      false,
    );
  });

  it('obs-text and tabs in values, unknown methods, and TE: trailers', () => {
    expect(verdictOf(withFields('X-Name', 'caf\u00e9\t!', 'TE', 'trailers'))).toBe('accepted /');
    expect(verdictOf(head({ method: 'PROPFIND' }))).toBe('accepted /');
    expect(verdictOf(head({ method: 'M-SEARCH' }))).toBe('accepted /');
  });

  it('HTTP/2 by its authority, or by Host alone', () => {
    const h2 = head({
      protocol: 'h2',
      httpVersion: '2.0',
      authority: 'Example.com',
      rawHeaders: [':path', '/'],
    });
    expect(accepted(h2)).toMatchObject({ host: 'example.com', body: 'frames', close: false });
    expect(accepted({ ...h2, authority: undefined, rawHeaders: ['host', 'b.example'] }).host).toBe(
      'b.example',
    );
    expect(accepted({ ...h2, rawHeaders: ['te', 'trailers'] }).host).toBe('example.com');
  });
});

describe('the gate refuses the request line', () => {
  it.each([
    ['0.9', '505 version-unsupported'],
    ['1.2', '505 version-unsupported'],
    ['2.0', '505 version-unsupported'],
    ['3.0', '505 version-unsupported'],
    ['', '505 version-unsupported'],
  ])('of version %j', (httpVersion, verdict) => {
    expect(verdictOf(head({ httpVersion }))).toBe(verdict);
  });

  it.each([
    ['', '400 method-invalid'],
    ['GE T', '400 method-invalid'],
    ['GET\0', '400 method-invalid'],
    ['GET(', '400 method-invalid'],
    ['CONNECT', '501 method-unsupported'],
    ['TRACE', '501 method-unsupported'],
    ['get', '501 method-unsupported'],
    ['A'.repeat(33), '501 method-unsupported'],
  ])('with method %j', (method, verdict) => {
    expect(verdictOf(head({ method }))).toBe(verdict);
  });

  it.each([
    ['', '400 target-invalid'],
    ['*', '400 target-invalid'],
    ['a', '400 target-invalid'],
    ['?x', '400 target-invalid'],
    ['example.com:443', '400 target-invalid'],
    ['ftp://example.com/', '400 target-invalid'],
    ['https:/example.com/', '400 target-invalid'],
    ['http://example.com/', '400 target-scheme'],
    ['https://', '400 host-invalid'],
    ['https:///x', '400 host-invalid'],
    ['https://user@example.com/', '400 host-invalid'],
    ['https://example.com\\@other.example/', '400 path-backslash'],
    ['https://other.example/', '400 host-mismatch'],
    ['https://example.com:8443/', '400 host-mismatch'],
    ['/#fragment', '400 target-fragment'],
    ['/?a#fragment', '400 target-fragment'],
    ['https://example.com#x', '400 target-fragment'],
    ['/?a b', '400 target-character'],
    ['/?\u00e9', '400 target-character'],
    ['/?a\x01', '400 target-character'],
    ['/a\\b', '400 path-backslash'],
    [`/${'a'.repeat(8192)}`, '414 target-too-long'],
  ])('with target %j', (target, verdict) => {
    expect(verdictOf(head({ target }))).toBe(verdict);
  });

  it('with `*` in another method than OPTIONS, even through absolute-form', () => {
    expect(verdictOf(head({ method: 'POST', target: '*' }))).toBe('400 target-invalid');
    expect(accepted(head({ target: 'https://example.com' })).path).toBe('/');
  });
});

describe('the gate refuses the host', () => {
  it.each([
    [[], '400 host-missing'],
    [['Host', ''], '400 host-invalid'],
    [['Host', 'example.com', 'host', 'example.com'], '400 host-repeated'],
    [['Host', 'u@a/b'], '400 host-invalid'],
    [['Host', 'a,b'], '400 host-invalid'],
    [['Host', 'a b'], '400 host-invalid'],
    [['Host', 'example.com:99999'], '400 host-invalid'],
    [['Host', ' example.com'], '400 host-invalid'],
  ])('%j', (rawHeaders, verdict) => {
    expect(verdictOf(head({ rawHeaders }))).toBe(verdict);
  });

  it('when HTTP/2 names two, or none', () => {
    const h2 = head({
      protocol: 'h2',
      httpVersion: '2.0',
      authority: 'a.example',
      rawHeaders: ['host', 'b.example'],
    });
    expect(verdictOf(h2)).toBe('400 host-mismatch');
    expect(verdictOf({ ...h2, authority: undefined, rawHeaders: [] })).toBe('400 host-missing');
    expect(verdictOf({ ...h2, authority: 'u@a.example', rawHeaders: [] })).toBe('400 host-invalid');
  });
});

describe('the gate refuses fields', () => {
  it.each([
    [['Content-Length', '5', 'Transfer-Encoding', 'chunked'], '400 framing-conflict'],
    [['Content-Length', '5', 'Content-Length', '5'], '400 content-length-repeated'],
    [['Content-Length', '5, 5'], '400 content-length-invalid'],
    [['Content-Length', '+5'], '400 content-length-invalid'],
    [['Content-Length', '-5'], '400 content-length-invalid'],
    [['Content-Length', '0x5'], '400 content-length-invalid'],
    [['Content-Length', '010'], '400 content-length-invalid'],
    [['Content-Length', '00'], '400 content-length-invalid'],
    [['Content-Length', '5 '], '400 content-length-invalid'],
    [['Content-Length', ''], '400 content-length-invalid'],
    [['Content-Length', '\u0665'], '400 header-value'],
    [['Content-Length', '9'.repeat(16)], '400 content-length-invalid'],
    [['Transfer-Encoding', ''], '400 transfer-encoding-invalid'],
    [['Transfer-Encoding', 'identity'], '400 transfer-encoding-invalid'],
    [['Transfer-Encoding', 'xchunked'], '400 transfer-encoding-invalid'],
    [['Transfer-Encoding', 'chunked, identity'], '400 transfer-encoding-invalid'],
    [['Transfer-Encoding', 'chunked, chunked'], '400 transfer-encoding-invalid'],
    [['Transfer-Encoding', 'chunked;q=1'], '400 transfer-encoding-invalid'],
    [['Transfer-Encoding', '"chunked"'], '400 transfer-encoding-invalid'],
    [['Transfer-Encoding', ' chunked'], '400 transfer-encoding-invalid'],
    [['Transfer-Encoding', '\x0bchunked'], '400 header-value'],
    [['Transfer-Encoding', 'gzip, chunked'], '501 transfer-encoding-unsupported'],
    [['Transfer-Encoding', 'chunked', 'transfer-encoding', 'chunked'], '400 transfer-encoding-repeated'],
    [['Transfer-Encoding', 'chunked', 'transfer-encoding', 'identity'], '400 transfer-encoding-repeated'],
    [['Expect', '200-ok'], '417 expectation-unsupported'],
    [['Expect', ''], '417 expectation-unsupported'],
    [['X Name', 'a'], '400 header-name'],
    [['', 'a'], '400 header-name'],
    [['X-Name ', 'a'], '400 header-name'],
    [[':path', '/'], '400 header-name'],
    [['X-N\u00e4me', 'a'], '400 header-name'],
    [['X-Name', 'a\r\nX: b'], '400 header-value'],
    [['X-Name', 'a\0'], '400 header-value'],
    [['X-Name', 'a\x7f'], '400 header-value'],
    [['X-Name', '\u0100'], '400 header-value'],
  ])('%j', (fields, verdict) => {
    expect(verdictOf(withFields(...fields))).toBe(verdict);
  });

  it('chunked in HTTP/1.0', () => {
    const request = { ...withFields('Transfer-Encoding', 'chunked'), httpVersion: '1.0' };
    expect(verdictOf(request)).toBe('400 transfer-encoding-http10');
  });

  it('a body before a WebSocket', () => {
    const upgrade = ['Upgrade', 'websocket', 'Connection', 'Upgrade'];
    expect(verdictOf(withFields(...upgrade, 'Content-Length', '10'))).toBe('400 upgrade-with-body');
    expect(verdictOf(withFields(...upgrade, 'Transfer-Encoding', 'chunked'))).toBe('400 upgrade-with-body');
  });

  it.each(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'te'])(
    'that HTTP/2 has not: %s',
    (name) => {
      const h2 = head({
        protocol: 'h2',
        httpVersion: '2.0',
        authority: 'a.example',
        rawHeaders: [name, 'gzip'],
      });
      expect(verdictOf(h2)).toBe('400 connection-specific-field');
    },
  );

  it('that are too many or too large, at exactly the limits', () => {
    const filled = (count: number, bytes: number): string[] => [
      ...Array.from({ length: count }, () => ['X', 'y']).flat(),
      'Z',
      'z'.repeat(bytes),
    ];
    const limits = { ...LIMITS, headerCount: 10, headerBytes: 200 };
    expect(verdictOf(head({ rawHeaders: ['Host', 'a.b', ...filled(8, 1)] }), limits)).toBe('accepted /');
    expect(verdictOf(head({ rawHeaders: ['Host', 'a.b', ...filled(9, 1)] }), limits)).toBe(
      '431 headers-too-many',
    );
    // 4 for the separators of each field: "Host: a.b" is 11, "Z: …" is 5 + its value.
    expect(verdictOf(head({ rawHeaders: ['Host', 'a.b', ...filled(0, 184)] }), limits)).toBe('accepted /');
    expect(verdictOf(head({ rawHeaders: ['Host', 'a.b', ...filled(0, 185)] }), limits)).toBe(
      '431 headers-too-large',
    );
  });
});
