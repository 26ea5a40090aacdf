// `errorPages`: files in place of the body of an error answer, read when the configuration is.
import { readFile } from 'node:fs/promises';
import type { ErrorPage } from '@tollgate/core';
import { mediaType } from '../target/files/types.ts';
import type { AnswerHead } from './answerHead.ts';
import type { PolicyPart } from './seam.ts';

const MAX_BYTES = 1024 * 1024;

interface Page {
  readonly body: Buffer;
  readonly type: string;
}

/** Of the body that is replaced. */
const OF_BODY = [
  'Content-Encoding',
  'Content-Language',
  'Content-Range',
  'Accept-Ranges',
  'ETag',
  'Last-Modified',
];

/** Rejects when a file cannot be read or is too large. */
export async function errorPagesPart(pages: readonly ErrorPage[]): Promise<PolicyPart> {
  const read = await Promise.all(
    pages.map(async ({ status, file }) => [status, await readPage(file)] as const),
  );
  const byStatus = new Map(read);
  return {
    filter: (_exchange, head) => {
      if (head.status < 400) return undefined;
      const page = byStatus.get(String(head.status)) ?? byStatus.get(`${Math.trunc(head.status / 100)}xx`);
      return page === undefined ? undefined : replace(head, page);
    },
  };
}

async function readPage(file: string): Promise<Page> {
  const body = await readFile(file);
  if (body.length > MAX_BYTES)
    throw new Error(`error page ${file}: expected at most 1 MB, got ${body.length} bytes`);
  return { body, type: mediaType(file) };
}

function replace(head: AnswerHead, { body, type }: Page): Buffer {
  for (const name of OF_BODY) head.remove(name);
  head.set('Content-Type', type);
  head.set('Content-Length', String(body.length));
  return body;
}
