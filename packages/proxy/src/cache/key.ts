// What an answer is kept under: everything of the request that the target sees and that no Vary has to name.
import type { Accepted, Client } from '@tollgate/core';

/**
 * Host and path are the gate's canonical ones, so that no other spelling of them is a key of its own, nor a way to have
 * an answer kept under somebody else's. What a trusted proxy vouches for reaches the target in X-Forwarded fields, and
 * pages are made from those: it is part of the key, too.
 */
export function primaryKey(head: Pick<Accepted, 'authority' | 'target'>, client: Client): string {
  const origin = `${client.scheme}://${head.authority}`;
  return client.authority === head.authority
    ? origin + head.target
    : `${origin}@${client.authority}${head.target}`;
}

/** The key of another address at the same origin; `undefined`: of another origin, or no address (RFC 9111 4.4). */
export function keyOfReference(reference: string, key: string): string | undefined {
  const base = key.replace(/^(https?:\/\/[^/@]*)@[^/]*/, '$1');
  const url = URL.canParse(reference, base) ? new URL(reference, base) : undefined;
  if (url === undefined || url.origin !== new URL(base).origin) return undefined;
  return originOf(key) + url.pathname + url.search;
}

function originOf(key: string): string {
  return key.slice(0, key.indexOf('/', key.indexOf('://') + 3));
}
