// `POST /upload`: counts a body as it passes, and digests it with `?digest=1`; nothing of it is kept.
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyRequest } from 'fastify';
import { parameter } from '../request/whole-number.ts';
import type { Site } from '../site.ts';

interface Counted {
  readonly bytes: number;
  readonly sha256?: string;
}

export function uploadRoute(site: Site): void {
  site.route({ method: ['POST', 'PUT'], url: '/upload', handler: upload });
}

async function upload(request: FastifyRequest): Promise<Counted> {
  return countBody(request.raw, parameter(request.query, 'digest') === '1');
}

/** Resolves at the body's end; rejects when the client leaves before it. */
async function countBody(body: Readable, digest: boolean): Promise<Counted> {
  const hash = digest ? createHash('sha256') : undefined;
  let bytes = 0;
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash?.update(chunk);
  });
  await finished(body, { writable: false });
  return hash === undefined ? { bytes } : { bytes, sha256: hash.digest('hex') };
}
