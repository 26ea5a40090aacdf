// When to come again, as a field (RFC 9110 10.2.3).

/** In whole seconds, rounded up: earlier would be too early. */
export function retryAfter(waitMs: number): readonly string[] {
  return ['Retry-After', String(Math.max(1, Math.ceil(waitMs / 1000)))];
}
