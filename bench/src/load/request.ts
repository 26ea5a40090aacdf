// The request's bytes, built once: every request of a run is the same.
import type { LoadSpec } from './spec.ts';

const FORBIDDEN = /[\r\n\0]/;

/** RFC 9112 section 3. Without keep-alive it asks the server to close, so that TIME_WAIT stays on the server's side. */
export function requestBytes(spec: LoadSpec): Buffer {
  const headers = Object.entries({
    host: authorityOf(spec),
    ...(spec.mode === 'keepalive' ? {} : { connection: 'close' }),
    ...spec.headers,
  });
  const lines = [`GET ${spec.path} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const bad = lines.find((line) => FORBIDDEN.test(line));
  if (bad !== undefined) {
    throw new TypeError(`request: expected no line break in a header, got ${JSON.stringify(bad)}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Host header and `:authority`: the port is left out when it is the scheme's own (RFC 9110 section 7.2). */
export function authorityOf(spec: LoadSpec): string {
  const name = spec.serverName ?? spec.host;
  const bracketed = name.includes(':') ? `[${name}]` : name;
  const usual = spec.scheme === 'https' ? 443 : 80;
  return spec.port === usual ? bracketed : `${bracketed}:${spec.port}`;
}
