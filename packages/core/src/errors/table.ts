// Every way a request can fail: code -> status and the sentence a client may see. The cause is logged, never sent.

/** Codes are stable: they appear in logs and in the error body, and others script against them. */
const TABLE = {
  // The gate, RFC 9112 section 3 (request line) and 9110 section 7 (target and host).
  'version-unsupported': [505, 'This server speaks HTTP/1.0, HTTP/1.1 and HTTP/2.'],
  'method-invalid': [400, 'The method is not a token.'],
  'method-unsupported': [501, 'This method is not supported here.'],
  'target-too-long': [414, 'The address is too long.'],
  'target-invalid': [400, 'The request target is not a path or an http(s) address.'],
  'target-fragment': [400, 'A request target has no fragment.'],
  'target-character': [400, 'The request target has a character that must be percent-encoded.'],
  'target-scheme': [400, 'The scheme of the request target is not that of the connection.'],
  'path-escape': [400, 'The path has a percent sign that begins no valid escape.'],
  'path-control': [400, 'The path has an encoded control character.'],
  'path-overlong': [400, 'The path has an overlong encoding.'],
  'path-backslash': [400, 'The path has a backslash.'],
  'path-above-root': [400, 'The path leads above the root.'],
  'path-ambiguous': [400, 'The path hides a dot segment.'],
  'host-missing': [400, 'The request names no host.'],
  'host-repeated': [400, 'The request names its host twice.'],
  'host-invalid': [400, 'The host is not a valid name with an optional port.'],
  'host-mismatch': [400, 'The request target and the Host field disagree.'],
  // The gate, RFC 9112 sections 5 to 7 (fields and framing).
  'header-name': [400, 'A header field name is not a token.'],
  'header-value': [400, 'A header field value has a forbidden character.'],
  'headers-too-many': [431, 'The request has too many header fields.'],
  'headers-too-large': [431, 'The header fields are too large.'],
  'content-length-invalid': [400, 'Content-Length is not one plain number.'],
  'content-length-repeated': [400, 'Content-Length is given twice.'],
  'framing-conflict': [400, 'Content-Length and Transfer-Encoding exclude each other.'],
  'transfer-encoding-invalid': [400, 'Transfer-Encoding does not end in one chunked.'],
  'transfer-encoding-unsupported': [501, 'The only transfer coding spoken here is chunked.'],
  'transfer-encoding-repeated': [400, 'Transfer-Encoding is given twice.'],
  'transfer-encoding-http10': [400, 'HTTP/1.0 has no Transfer-Encoding.'],
  'expectation-unsupported': [417, 'The only expectation met here is 100-continue.'],
  'upgrade-with-body': [400, 'A request to change protocols has no body.'],
  'connection-specific-field': [400, 'HTTP/2 has no connection-specific header fields.'],
  'request-malformed': [400, 'The request is not well-formed HTTP.'],
  // The route and its policy.
  'host-not-served': [421, 'This server does not serve that host.'],
  'route-missing': [404, 'There is nothing at this address.'],
  'file-missing': [404, 'There is nothing at this address.'],
  'method-not-allowed': [405, 'This method is not allowed at this address.'],
  'range-unsatisfiable': [416, 'The range asked for is not in the file.'],
  'precondition-failed': [412, 'The file is not in the state the request requires.'],
  'address-denied': [403, 'This is not open to your address.'],
  'path-withheld': [403, 'This is not open to anybody.'],
  'credentials-missing': [401, 'A user name and a password are needed here.'],
  'credentials-wrong': [401, 'The user name or the password is not right.'],
  'origin-denied': [403, 'This is not open to pages of that origin.'],
  'rate-limited': [429, 'Too many requests; try again in a moment.'],
  'not-cached': [504, 'There is no answer in the cache, and no other was wanted.'],
  'body-too-large': [413, 'The request body is too large.'],
  'request-timeout': [408, 'The request took too long to arrive.'],
  // The target.
  'upstream-refused': [502, 'The application could not be reached.'],
  'upstream-reset': [502, 'The application ended the connection.'],
  'upstream-malformed': [502, 'The application sent an invalid answer.'],
  'upstream-certificate': [502, 'The application could not be verified.'],
  'upstream-connect-timeout': [504, 'The application did not accept the connection in time.'],
  'upstream-busy': [503, 'The application is busy; try again in a moment.'],
  'upstream-header-timeout': [504, 'The application did not answer in time.'],
  'files-unreadable': [500, 'The file could not be read.'],
  // The server itself.
  overloaded: [503, 'The server is busy; try again in a moment.'],
  'auth-unavailable': [503, 'Who you are cannot be checked right now; try again in a moment.'],
  'limit-unavailable': [
    503,
    'How much you have asked for cannot be checked right now; try again in a moment.',
  ],
  maintenance: [503, 'This site is being worked on; try again later.'],
  shed: [503, 'The server is busy; try again in a moment.'],
  draining: [503, 'The server is restarting; try again in a moment.'],
  internal: [500, 'The server made a mistake.'],
} as const satisfies Readonly<Record<string, readonly [status: number, message: string]>>;

export type ErrorCode = keyof typeof TABLE;

export interface ErrorEntry {
  readonly code: ErrorCode;
  readonly status: number;
  /** Safe to send: says nothing of addresses, paths or causes behind the front. */
  readonly message: string;
}

const ENTRIES = new Map<ErrorCode, ErrorEntry>();
for (const code of Object.keys(TABLE).filter(isErrorCode)) {
  const [status, message] = TABLE[code];
  ENTRIES.set(code, Object.freeze({ code, status, message }));
}

/** The table's entry for a code; the same frozen object each time. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  const entry = ENTRIES.get(code);
  if (entry === undefined) throw new TypeError(`expected an error code of the table, got "${code}"`);
  return entry;
}

/** Every entry, in the table's order. */
export function errorEntries(): readonly ErrorEntry[] {
  return [...ENTRIES.values()];
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(TABLE, code);
}
