// What the recogniser knows of a request it takes: one canonical head, its framing, and the lines that may be forwarded.
import type { Authority } from '@tollgate/core';

export interface RequestHead {
  readonly method: string;
  /** Canonical origin-form: path and query, as matched and as forwarded. */
  readonly target: string;
  /** The target without its query. */
  readonly path: string;
  /** Canonical host, and the port if one was written. */
  readonly authority: Authority;
  /** Complete lines, each with its CRLF, of every field that is forwarded as it is (framing among them). */
  readonly lines: string;
  /** Body length in bytes; 0 without a body, -1 when chunked. */
  readonly contentLength: number;
  /** Either of the two says how long the body is. */
  readonly framed: boolean;
  /** The client asked for this connection to end with this exchange. */
  readonly close: boolean;
  /** The client waits for 100 before it sends its body. */
  readonly expectsContinue: boolean;
  /** Bytes of the head, its blank line included. */
  readonly byteLength: number;
  readonly accept: string | undefined;
  readonly userAgent: string | undefined;
  readonly referer: string | undefined;
  readonly acceptEncoding: string | undefined;
  /** There is a field among the lines that asks for something else than the whole: a condition, or a range. */
  readonly conditional: boolean;
  /** Names and values in turn, of `lines`; made when they are asked for. */
  readonly fields: readonly string[];
  /** What a trusted peer says of the client: names and values in turn. Empty for every other peer. */
  readonly forwarding: readonly string[];
}

/** Names and values in turn, of complete lines. */
export function fieldsOf(lines: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    fields.push(lines.slice(at, colon), lines.slice(colon + 1, end).trim());
    at = end + 2;
  }
  return fields;
}
