// Host: exactly one, with a name in it (RFC 9112 section 3.2).
import { answered, bare, forwarded, head, HOST, refused, type MalformedCase } from '../case.ts';

const withHost = (...fields: readonly string[]): string => bare('GET /a HTTP/1.1', ...fields);

export const hostCases: readonly MalformedCase[] = [
  refused('no Host', 'RFC 9112 3.2; RFC9112-7.1-MISSING-HOST', withHost('X-A: b'), 400),
  refused('an empty Host', 'RFC 9112 3.2; COMP-HOST-EMPTY-VALUE', withHost('Host:'), 400),
  refused('a Host of spaces', 'RFC 9112 3.2', withHost('Host:   '), 400),
  refused(
    'two Hosts',
    'RFC 9112 3.2; RFC9110-5.4-DUPLICATE-HOST',
    head('GET /a HTTP/1.1', 'Host: other.example'),
    400,
  ),
  refused(
    'two equal Hosts',
    'RFC 9112 3.2; COMP-DUPLICATE-HOST-SAME',
    head('GET /a HTTP/1.1', `Host: ${HOST}`),
    400,
  ),
  refused('two Hosts in different case', 'RFC 9112 3.2', head('GET /a HTTP/1.1', 'hOST: other.example'), 400),
  refused('two names in one Host', 'SMUG-MULTIPLE-HOST-COMMA', withHost(`Host: ${HOST}, other.example`), 400),
  refused('user information in Host', 'COMP-HOST-WITH-USERINFO', withHost(`Host: u@${HOST}`), 400),
  refused('a path in Host', 'COMP-HOST-WITH-PATH', withHost(`Host: ${HOST}/a`), 400),
  refused('user information and a path in Host', 'RFC 9110 7.2', withHost('Host: u@a/b'), 400),
  refused('a scheme in Host', 'RFC 9110 7.2', withHost(`Host: http://${HOST}`), 400),
  refused('a query in Host', 'RFC 9110 7.2', withHost(`Host: ${HOST}?a`), 400),
  refused('a fragment in Host', 'RFC 9110 7.2', withHost(`Host: ${HOST}#a`), 400),
  refused('a space in Host', 'RFC 9110 7.2', withHost(`Host: ${HOST} other.example`), 400),
  refused('a port that is none', 'RFC 9110 7.2', withHost(`Host: ${HOST}:http`), 400),
  refused('a port too high', 'RFC 9110 7.2', withHost(`Host: ${HOST}:99999`), 400),
  refused('two ports', 'RFC 9110 7.2', withHost(`Host: ${HOST}:80:80`), 400),
  refused('escapes in Host', 'RFC 3986 3.2.2', withHost('Host: sit%65.example'), 400),
  refused('raw bytes in Host', 'RFC 3986 3.2.2', withHost('Host: sit\xe9.example'), 400),
  refused('an empty label', 'RFC 1035 2.3.1', withHost('Host: site..example'), 400),
  refused('an address in shorthand', 'WHATWG URL 3.5', withHost('Host: 127.1'), 400),
  refused('an open bracket', 'RFC 3986 3.2.2', withHost('Host: [::1'), 400),
  refused('a folded Host', 'RFC 9112 5.2', withHost('Host:\r\n site.example'), 400),
  refused('a space before the colon of Host', 'RFC 9112 5.1', withHost(`Host : ${HOST}`), 400),
  refused(
    'an absolute-form target and an empty Host',
    'RFC 9112 3.2.2',
    bare('GET http://site.example/ HTTP/1.1', 'Host:'),
    400,
  ),
  answered('a host that is not served', 'RFC 9110 7.4', withHost('Host: other.example'), 421),
  answered('an address that is not served', 'RFC 9110 7.4', withHost('Host: [::1]:8080'), 421),
  forwarded('a Host in capitals with a dot', 'RFC 9110 4.2.3', withHost('Host: SITE.Example.'), {
    line: 'GET /a',
  }),
  forwarded('a Host with the default port', 'RFC 9110 4.2.3', withHost(`Host: ${HOST}:80`), {
    line: 'GET /a',
  }),
  forwarded('a Host with an empty port', 'RFC 9110 4.2.3', withHost(`Host: ${HOST}:`), { line: 'GET /a' }),
  forwarded('a Host with another port', 'RFC 9110 7.2', withHost(`hOsT:${HOST}:8080`), {
    line: 'GET /a',
    host: `${HOST}:8080`,
  }),
];
