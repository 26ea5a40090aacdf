// The live page's files, read when one is first asked for. The policy lets them load and talk to this listener, and nothing else.
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';

const FILES: ReadonlyMap<string, { readonly file: string; readonly type: string }> = new Map([
  ['/', { file: 'live.html', type: 'text/html; charset=utf-8' }],
  ['/live.css', { file: 'live.css', type: 'text/css; charset=utf-8' }],
  ['/live.js', { file: 'live.js', type: 'text/javascript; charset=utf-8' }],
  ['/chart.js', { file: 'chart.js', type: 'text/javascript; charset=utf-8' }],
  ['/panels.js', { file: 'panels.js', type: 'text/javascript; charset=utf-8' }],
  ['/icon.svg', { file: 'icon.svg', type: 'image/svg+xml' }],
]);

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** False: there is no such file. */
export function sendPage(response: ServerResponse, path: string): boolean {
  const found = FILES.get(path);
  if (found === undefined) return false;
  const body = readFileSync(new URL(`../../../assets/${found.file}`, import.meta.url));
  response.writeHead(200, {
    'content-type': found.type,
    'content-length': body.length,
    'cache-control': 'no-cache',
    'content-security-policy': POLICY,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
  return true;
}
