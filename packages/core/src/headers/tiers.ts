// What the front tells an app about the client's connection beyond the standard fields, in two of its own. They are
// dropped from what a client sent, so nobody can forge them; an app believes them only behind a front.

/** `TLSv1.3 TLS_AES_128_GCM_SHA256`: version and cipher of the client's connection; absent over plain http. */
export const FORWARDED_TLS = 'x-forwarded-tls';

/** `t=1732300000123456`: when the front had read the request's head, in microseconds since the epoch. */
export const REQUEST_START = 'x-request-start';

/** Both, in lower case. */
export const TIER_FIELDS: readonly string[] = [FORWARDED_TLS, REQUEST_START];

export interface ForwardedTls {
  readonly version: string;
  readonly cipher: string;
}

export const formatForwardedTls = ({ version, cipher }: ForwardedTls): string => `${version} ${cipher}`;

/** `undefined` for a value that is not two words. */
export function parseForwardedTls(value: string): ForwardedTls | undefined {
  const [version, cipher, ...rest] = value.split(' ');
  return version && cipher && rest.length === 0 ? { version, cipher } : undefined;
}

/**
 * Name and value in turn, for a front to add to what `requestFields` gives. `tls` as `formatForwardedTls` wrote it once
 * for the connection, `undefined` over plain http; `startMicros` from `epochMicros()`.
 */
export function tierFields(tls: string | undefined, startMicros: number): string[] {
  const start = ['X-Request-Start', `t=${startMicros}`];
  return tls === undefined ? start : ['X-Forwarded-Tls', tls, ...start];
}

/** Microseconds since the epoch; `undefined` unless the value is `t=` and 16 digits (the years 2001 to 2286). */
export function parseRequestStart(value: string): number | undefined {
  const digits = /^t=(\d{16})$/.exec(value)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
