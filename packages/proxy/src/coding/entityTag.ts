// Entity tags (RFC 9110 section 8.8.3) of answers whose bytes the front has changed.

/** The same meaning in other bytes: a strong tag would promise the very bytes, to ranges above all. */
export function weakened(entityTag: string): string {
  return entityTag.startsWith('W/') ? entityTag : `W/${entityTag}`;
}

/** Weak comparison (RFC 9110 8.8.3.2): what If-None-Match and revalidation use. */
export function isSameWeakly(one: string, other: string): boolean {
  return opaque(one) === opaque(other);
}

function opaque(entityTag: string): string {
  return entityTag.startsWith('W/') ? entityTag.slice(2) : entityTag;
}
