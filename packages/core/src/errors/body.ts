// The body of an error answer, prepared once per code: no template, no cause, nothing of the request in it.
import { errorEntries, errorEntry, type ErrorCode, type ErrorEntry } from './table.ts';
import { STATUS_CODES } from 'node:http';

export interface ErrorBody {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

interface Prepared {
  readonly html: ErrorBody;
  readonly text: ErrorBody;
}

const PREPARED = new Map<ErrorCode, Prepared>(
  errorEntries().map((entry) => [entry.code, { html: htmlBody(entry), text: textBody(entry) }]),
);

/** HTML for whoever asks for it (`accept` is the Accept field), plain text for all others. Share it, do not write to it. */
export function errorBody(code: ErrorCode, accept: string | undefined): ErrorBody {
  const prepared = PREPARED.get(code);
  if (prepared === undefined) return textBody(errorEntry(code));
  return accept !== undefined && accept.includes('text/html') ? prepared.html : prepared.text;
}

function textBody({ status, code, message }: ErrorEntry): ErrorBody {
  const body = Buffer.from(`${status} ${STATUS_CODES[status]}: ${message} (${code})\n`);
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

/** The table's messages are plain words, so that nothing needs escaping; a test holds them to it. */
function htmlBody({ status, code, message }: ErrorEntry): ErrorBody {
  const title = `${status} ${STATUS_CODES[status]}`;
  const body = Buffer.from(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1em;color-scheme:light dark}small{opacity:.6}</style>
<h1>${title}</h1>
<p>${message}</p>
<p><small>${code}</small></p>
</html>
`);
  return { status, contentType: 'text/html; charset=utf-8', body };
}
