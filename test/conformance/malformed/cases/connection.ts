// Expect and Upgrade: what asks for a change of the connection (RFC 9110 sections 7.8 and 10.1.1).
import { forwarded, head, HOST, refused, type MalformedCase } from '../case.ts';

const H2C = [
  'Connection: Upgrade, HTTP2-Settings',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
];
const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const dropped = ['upgrade', 'http2-settings'];
const SMUGGLED = `GET /smuggled HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

export const connectionCases: readonly MalformedCase[] = [
  refused(
    'an expectation nobody knows',
    'RFC 9110 10.1.1; COMP-EXPECT-UNKNOWN',
    head('GET /a HTTP/1.1', 'Expect: 200-ok'),
    417,
  ),
  refused('an empty expectation', 'RFC 9110 10.1.1', head('GET /a HTTP/1.1', 'Expect:'), 400, 417),
  refused(
    'a WebSocket with a body',
    'CWE-444; websocket smuggling',
    `${head('GET /a HTTP/1.1', ...WEBSOCKET, `Content-Length: ${SMUGGLED.length}`)}${SMUGGLED}`,
    400,
  ),
  refused(
    'a WebSocket with a chunked body',
    'CWE-444',
    `${head('GET /a HTTP/1.1', ...WEBSOCKET, 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
  ),
  forwarded(
    '100-continue',
    'RFC 9110 10.1.1; SMUG-EXPECT-100-CL',
    `${head('POST /a HTTP/1.1', 'Expect: 100-continue', 'Content-Length: 5')}hello`,
    { line: 'POST /a', body: 'hello' },
  ),
  forwarded(
    '100-continue in HTTP/1.0',
    'RFC 9110 10.1.1',
    `${head('POST /a HTTP/1.0', 'Expect: 100-continue', 'Content-Length: 5')}hello`,
    { line: 'POST /a', body: 'hello' },
  ),
  forwarded('an upgrade to h2c', 'RFC 9113 3.1; h2c smuggling', head('GET /a HTTP/1.1', ...H2C), {
    line: 'GET /a',
    lacks: dropped,
  }),
  forwarded(
    'an upgrade to h2c on POST',
    'RFC 9113 3.1',
    `${head('POST /a HTTP/1.1', ...H2C, 'Content-Length: 5')}hello`,
    { line: 'POST /a', body: 'hello', lacks: dropped },
  ),
  forwarded(
    'an upgrade nobody knows',
    'COMP-UPGRADE-UNKNOWN',
    head('GET /a HTTP/1.1', 'Connection: Upgrade', 'Upgrade: totally/1.0'),
    { line: 'GET /a', lacks: dropped },
  ),
  forwarded(
    'an upgrade that Connection does not name',
    'COMP-UPGRADE-MISSING-CONN',
    head('GET /a HTTP/1.1', ...WEBSOCKET.slice(1)),
    { line: 'GET /a', lacks: dropped },
  ),
  forwarded(
    'a WebSocket on POST',
    'RFC 6455 4.1; COMP-UPGRADE-POST',
    head('POST /a HTTP/1.1', ...WEBSOCKET, 'Content-Length: 0'),
    { line: 'POST /a', lacks: dropped },
  ),
  forwarded(
    'TE and a trailer field',
    'RFC 9110 10.1.4',
    head('GET /a HTTP/1.1', 'TE: trailers', 'Connection: TE'),
    { line: 'GET /a' },
  ),
];
