// Shapes of published attacks, each by its number, so that a change that reopens one names it.
import { describe, expect, it } from 'vitest';
import { accepted, head, verdictOf, withFields } from './support.ts';

describe('published attacks on front tiers', () => {
  it('CVE-2026-29057: DELETE with a chunked body keeps its framing, so nobody can rewrite it to a length of 0', () => {
    const request = { ...withFields('Transfer-Encoding', 'chunked'), method: 'DELETE' };
    expect(accepted(request)).toMatchObject({ body: 'chunked', contentLength: undefined });
  });

  it('CVE-2019-18277 (HAProxy): Transfer-Encoding made unrecognisable by a vertical tab', () => {
    expect(verdictOf(withFields('Content-Length', '6', 'Transfer-Encoding', '\x0bchunked'))).toBe(
      '400 header-value',
    );
  });

  it('CVE-2021-40346 (HAProxy): a field name that overflows into another', () => {
    const overlong = `Content-Length0${'a'.repeat(255)}:`;
    expect(verdictOf(withFields(overlong, '', 'Content-Length', '60'))).toBe('400 header-name');
  });

  it('CVE-2021-22959 (Node): a space before the colon', () => {
    expect(verdictOf(withFields('Content-Length ', '5'))).toBe('400 header-name');
  });

  it('CVE-2022-32213 to 32215 (Node): Transfer-Encoding that is malformed, folded, or in several lines', () => {
    expect(verdictOf(withFields('Transfer-Encoding', 'chunked, cow'))).toBe('400 transfer-encoding-invalid');
    expect(verdictOf(withFields('Transfer-Encoding', 'chunked\r\n , identity'))).toBe('400 header-value');
    expect(verdictOf(withFields('Transfer-Encoding', 'x', 'Transfer-Encoding', 'chunked'))).toBe(
      '400 transfer-encoding-invalid',
    );
  });

  it('CVE-2023-30589 (Node): a bare CR inside a value', () => {
    expect(verdictOf(withFields('X-Abc', '\rxTransfer-Encoding: chunked'))).toBe('400 header-value');
  });

  it('CVE-2023-25690 (Apache httpd): a space or CRLF in the target that a rewrite would decode', () => {
    expect(verdictOf(head({ target: '/here/a%20HTTP/1.1%0d%0aHost:%20b%0d%0a%0d%0aGET%20/admin' }))).toBe(
      '400 path-control',
    );
  });

  it('CVE-2021-41773 and 42013 (Apache httpd): a dot segment encoded once or twice', () => {
    expect(verdictOf(head({ target: '/cgi-bin/.%2e/%2e%2e/%2e%2e/etc/passwd' }))).toBe('400 path-above-root');
    expect(verdictOf(head({ target: '/cgi-bin/.%%32%65/etc/passwd' }))).toBe('400 path-escape');
  });

  it('CVE-2000-0884 (IIS): a dot segment in overlong UTF-8', () => {
    expect(verdictOf(head({ target: '/scripts/..%c0%af../winnt' }))).toBe('400 path-overlong');
  });

  it('CVE-2020-5902 (F5, Tomcat behind a proxy): `..;` climbs behind the front', () => {
    expect(verdictOf(head({ target: '/login.jsp/..;/admin' }))).toBe('400 path-ambiguous');
  });

  it('CVE-2021-45968 and h2c smuggling: an upgrade to h2c stays HTTP/1.1', () => {
    const fields = ['Upgrade', 'h2c', 'Connection', 'Upgrade, HTTP2-Settings', 'HTTP2-Settings', 'AAMAAABk'];
    expect(accepted(withFields(...fields)).upgrade).toBeUndefined();
  });

  it('CVE-2022-26377 (Apache httpd), request line desync: chunked that is only the last of others', () => {
    expect(verdictOf(withFields('Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'gzip'))).toBe(
      '400 transfer-encoding-repeated',
    );
  });

  it('host confusion: absolute-form and Host that disagree never choose one', () => {
    expect(
      verdictOf(head({ target: 'https://internal.example/', rawHeaders: ['Host', 'public.example'] })),
    ).toBe('400 host-mismatch');
  });
});
