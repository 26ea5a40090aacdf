// Cache-Status (RFC 9211): how this cache has dealt with the request, for whoever looks at the answer.

/** Why the target was asked (RFC 9211 2.2). */
export type Forwarded = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'stale' | 'request';

export type Dealt =
  /** `ttlMs`: what is left; negative when it was served stale. */
  | { readonly kind: 'hit'; readonly ttlMs: number }
  | {
      readonly kind: 'forwarded';
      readonly why: Forwarded;
      /** Of the target, where it is not that of the answer. */
      readonly status?: number;
      readonly stored?: boolean;
      /** The answer came with that to another client. */
      readonly collapsed?: boolean;
    };

export function cacheStatus(dealt: Dealt): string {
  if (dealt.kind === 'hit') return `tollgate; hit; ttl=${Math.floor(dealt.ttlMs / 1000)}`;
  const { why, status, stored, collapsed } = dealt;
  return [
    `tollgate; fwd=${why}`,
    ...(status === undefined ? [] : [`fwd-status=${status}`]),
    ...(stored === true ? ['stored'] : []),
    ...(collapsed === true ? ['collapsed'] : []),
  ].join('; ');
}
