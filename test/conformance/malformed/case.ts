// One malformed, ambiguous or unusual request as bytes, where it comes from, and what a front tier must make of it.

export interface MalformedCase {
  /** Unique; completes the sentence "a request with …". */
  readonly name: string;
  /** RFC section, Http11Probe id, advisory. */
  readonly source: string;
  /** One character a byte (latin1). */
  readonly bytes: string;
  /** The client ends its side after the bytes: they are all there will be. */
  readonly ends: boolean;
  readonly expected: Expected;
}

/** `closed` in place of a status: the connection may also be closed without an answer. */
export type RefusalStatus = number | 'closed';

export type Expected =
  /** One of the statuses and the end of the connection; the target sees no complete request. */
  | { readonly kind: 'refused'; readonly statuses: readonly RefusalStatus[] }
  /** One or the other: a reader may be lenient here, as long as what it forwards is canonical. */
  | {
      readonly kind: 'either';
      readonly statuses: readonly RefusalStatus[];
      readonly arrivals: readonly Arrival[];
    }
  /** The front answers itself; the target sees nothing; the connection goes on unless the client closes it. */
  | { readonly kind: 'answered'; readonly status: number }
  /** Exactly these requests reach the target, in order; what follows them, if anything, is refused. */
  | {
      readonly kind: 'forwarded';
      readonly arrivals: readonly Arrival[];
      readonly thenRefused: readonly RefusalStatus[] | undefined;
    };

/** What the target must have got. */
export interface Arrival {
  /** Method and target. */
  readonly line: string;
  readonly host?: string;
  /** Decoded; empty unless given. */
  readonly body?: string;
  /** Fields that must be there, as `name: value`, names in lower case. */
  readonly has?: readonly string[];
  /** Names that must not be there, in lower case. */
  readonly lacks?: readonly string[];
}

/** The only host that is served. */
export const HOST = 'site.example';

/** A head: the line, `Host`, the fields, an empty line. */
export function head(line: string, ...fields: readonly string[]): string {
  return bare(line, `Host: ${HOST}`, ...fields);
}

/** A head without a Host of its own. */
export function bare(line: string, ...fields: readonly string[]): string {
  return [line, ...fields, '', ''].join('\r\n');
}

/** A POST whose body is chunked as given. */
export function chunked(body: string, ...fields: readonly string[]): string {
  return head('POST /chunked HTTP/1.1', 'Transfer-Encoding: chunked', ...fields) + body;
}

export function refused(
  name: string,
  source: string,
  bytes: string,
  ...statuses: readonly RefusalStatus[]
): MalformedCase {
  return { name, source, bytes, ends: false, expected: { kind: 'refused', statuses } };
}

export function answered(name: string, source: string, bytes: string, status: number): MalformedCase {
  return { name, source, bytes, ends: false, expected: { kind: 'answered', status } };
}

export function forwarded(
  name: string,
  source: string,
  bytes: string,
  ...arrivals: readonly Arrival[]
): MalformedCase {
  return {
    name,
    source,
    bytes,
    ends: false,
    expected: { kind: 'forwarded', arrivals, thenRefused: undefined },
  };
}

/** The first request is good and reaches the target; what the client sends after it is not. */
export function forwardedThenRefused(
  name: string,
  source: string,
  bytes: string,
  arrival: Arrival,
  ...thenRefused: readonly RefusalStatus[]
): MalformedCase {
  return {
    name,
    source,
    bytes,
    ends: false,
    expected: { kind: 'forwarded', arrivals: [arrival], thenRefused },
  };
}

/** Refused with 400 or 505, or forwarded as this. */
export function refusedOr(name: string, source: string, bytes: string, arrival: Arrival): MalformedCase {
  return {
    name,
    source,
    bytes,
    ends: false,
    expected: { kind: 'either', statuses: [400, 505], arrivals: [arrival] },
  };
}

/** The client ends its side after the bytes. */
export function ending(malformed: MalformedCase): MalformedCase {
  return { ...malformed, ends: true };
}
