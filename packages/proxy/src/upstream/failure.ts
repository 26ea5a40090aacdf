// Why an upstream did not answer, as a code of the error table. The cause stays here and in the event log.
import type { ErrorCode } from '@tollgate/core';

export class UpstreamFailure extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** What went wrong below, in the words of the error table. `connected`: the request was on its way. */
export function failureOf(error: unknown, connected: boolean): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return new UpstreamFailure(errorCodeOf(code, connected), String(error), error);
}

function errorCodeOf(code: string, connected: boolean): ErrorCode {
  if (code.startsWith('HPE_')) return 'upstream-malformed';
  if (CERTIFICATE.test(code)) return 'upstream-certificate';
  if (code === 'ETIMEDOUT') return connected ? 'upstream-header-timeout' : 'upstream-connect-timeout';
  return connected ? 'upstream-reset' : 'upstream-refused';
}

/** Node's own code for a wrong name, and OpenSSL's for everything else about a certificate. */
const CERTIFICATE = /^ERR_TLS_CERT|CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_CA$|^PATH_LENGTH_EXCEEDED$/;
