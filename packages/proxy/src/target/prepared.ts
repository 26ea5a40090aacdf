// An answer that is known when the configuration is read: status, fields and body as bytes.

export interface PreparedAnswer {
  readonly status: number;
  /** Names and values in turn, without Connection and Content-Length; with Date only when it was made at another time. */
  readonly fields: readonly string[];
  /** Empty for a status that has no body. */
  readonly body: Buffer;
}

/** RFC 9110 section 15: these have no body, and no Content-Length. */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** What is sent to GET and HEAD alike (RFC 9110 9.3.2). */
export function sizedFields({ status, fields, body }: PreparedAnswer): readonly string[] {
  return isBodyless(status) ? fields : [...fields, 'Content-Length', String(body.length)];
}

/** The body is for people whose client does not follow. */
export function redirectAnswer(status: number, location: string): PreparedAnswer {
  return {
    status,
    fields: ['Location', location, 'Content-Type', 'text/plain; charset=utf-8'],
    body: Buffer.from(`See ${location}\n`),
  };
}
