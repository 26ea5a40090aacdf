// What a target is told of the client: the X-Forwarded fields and their standard form, Forwarded (RFC 7239).
import type { Client } from './client.ts';

/** Name and value in turn, made anew from what is believed; nothing of the client's own claims is in them. */
export function forwardedFields(client: Client): string[] {
  return [
    'X-Forwarded-For',
    client.chain.length === 1 ? client.address : client.chain.join(', '),
    'X-Forwarded-Proto',
    client.scheme,
    'X-Forwarded-Host',
    client.authority,
    'Forwarded',
    forwardedValue(client),
    'X-Request-Id',
    client.requestId,
  ];
}

/** One element per hop, client first; scheme and host are those of the client's own request. */
function forwardedValue(client: Client): string {
  const { chain, address, scheme, authority } = client;
  const host = authority === '' ? '' : `;host=${quoted(authority)}`;
  const origin = `for=${node(address)};proto=${scheme}${host}`;
  if (chain.length === 1) return origin;
  return [origin, ...chain.slice(1).map((proxy) => `for=${node(proxy)}`)].join(', ');
}

/** RFC 7239 section 6: IPv6 in brackets and quotes; what is no address is an obfuscated name with an underscore. */
function node(address: string): string {
  if (address.includes(':')) return `"[${address}]"`;
  return /^\d/.test(address) ? address : `_${address}`;
}

/** A colon or bracket is no token character. */
function quoted(authority: string): string {
  return /^[\w.-]+$/.test(authority) ? authority : `"${authority}"`;
}
