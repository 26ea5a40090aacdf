// What a request for a file is answered with, whichever lane asks: preconditions first, then the part asked for.
import type { ErrorCode, FilesConfig } from '@tollgate/core';
import { redirectAnswer, type PreparedAnswer } from '../prepared.ts';
import { evaluate, rangeOf, type Conditions, type Range } from './conditions.ts';
import type { FoundFile } from './foundFile.ts';
import { OpenFile } from './openFile.ts';
import type { Lookup } from './store.ts';

/** What the files of a directory have to know of a request. */
export interface FileRequest {
  readonly method: string;
  /** Canonical, as the target gets it; `routePath` is no part of the file's name. */
  readonly path: string;
  readonly routePath: string;
  /** As it was asked, with its query: where the client finds a directory when a slash is put into it. */
  readonly asked: { readonly path: string; readonly query: string | undefined };
  readonly acceptEncoding: string | undefined;
  /** `undefined`: the request has none. */
  readonly conditions: Conditions | undefined;
}

export type FileReply =
  /** Known whole. */
  | { readonly kind: 'answer'; readonly answer: PreparedAnswer }
  /** An error answer; `fields` in turn beside its own. */
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly fields: readonly string[] }
  /** `fields` are all of the head; the bytes come from the disk. Whoever gets it closes `file`. */
  | {
      readonly kind: 'file';
      readonly status: number;
      readonly fields: readonly string[];
      readonly file: OpenFile;
    };

export function replyTo(request: FileRequest, found: Lookup, config: FilesConfig): FileReply {
  if (found === 'missing') return error('file-missing');
  if (found === 'unreadable') return error('files-unreadable');
  if (found === 'directory') return redirectToDirectory(request);
  return request.conditions === undefined
    ? wholeOf(request, found, config)
    : judged(request, request.conditions, found, config);
}

/** RFC 9110 15.5.6 wants Allow. */
export function methodRefusal({ method }: FileRequest): FileReply | undefined {
  return method === 'GET' || method === 'HEAD'
    ? undefined
    : error('method-not-allowed', ['Allow', 'GET, HEAD']);
}

const error = (code: ErrorCode, fields: readonly string[] = []): FileReply => ({
  kind: 'error',
  code,
  fields,
});

/** Relative links of the index would be resolved one level too high. */
function redirectToDirectory({ asked: { path, query } }: FileRequest): FileReply {
  const answer = redirectAnswer(308, `${path}/${query === undefined ? '' : `?${query}`}`);
  return { kind: 'answer', answer };
}

/** Of files in memory: the same object for every such request, so that lanes make its text but once. */
const wholes = new WeakMap<FoundFile, FileReply>();

function wholeOf(request: FileRequest, found: FoundFile, config: FilesConfig): FileReply {
  let reply = wholes.get(found);
  if (reply === undefined) {
    reply = partOf(request, found, config, undefined);
    if (reply.kind === 'answer') wholes.set(found, reply);
  }
  return reply;
}

function judged(
  request: FileRequest,
  conditions: Conditions,
  found: FoundFile,
  config: FilesConfig,
): FileReply {
  const outcome = evaluate(conditions, found);
  if (outcome === 'failed') return error('precondition-failed');
  if (outcome === 'not-modified') {
    const answer = { status: 304, fields: validatorFields(found, config), body: NOTHING };
    return { kind: 'answer', answer };
  }
  const range = request.method === 'GET' ? rangeOf(conditions, found.size, found) : undefined;
  return range === 'unsatisfiable'
    ? error('range-unsatisfiable', ['Content-Range', `bytes */${found.size}`])
    : partOf(request, found, config, range);
}

const NOTHING = Buffer.alloc(0);

function partOf(
  { method }: FileRequest,
  found: FoundFile,
  config: FilesConfig,
  range: Range | undefined,
): FileReply {
  const { start, end } = range ?? { start: 0, end: found.size - 1 };
  const status = range === undefined ? 200 : 206;
  const fields = [...validatorFields(found, config), ...contentFields(found, range)];
  const { content } = found;
  if (Buffer.isBuffer(content))
    return { kind: 'answer', answer: { status, fields, body: content.subarray(start, end + 1) } };
  const length = end - start + 1;
  fields.push('Content-Length', String(length));
  return { kind: 'file', status, fields, file: new OpenFile(content, start, method === 'HEAD' ? 0 : length) };
}

/** Those that RFC 9110 15.4.5 wants in a 304, too. */
function validatorFields(file: FoundFile, { cacheControl }: FilesConfig): string[] {
  const fields = ['ETag', file.etag, 'Last-Modified', new Date(file.mtimeMs).toUTCString()];
  if (file.varies) fields.push('Vary', 'Accept-Encoding');
  if (cacheControl !== undefined) fields.push('Cache-Control', cacheControl);
  return fields;
}

function contentFields({ type, coding, size }: FoundFile, range: Range | undefined): string[] {
  // A browser that guesses a type makes a script of an upload.
  const fields = ['Content-Type', type, 'Accept-Ranges', 'bytes', 'X-Content-Type-Options', 'nosniff'];
  if (coding !== undefined) fields.push('Content-Encoding', coding);
  if (range !== undefined) fields.push('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  return fields;
}
