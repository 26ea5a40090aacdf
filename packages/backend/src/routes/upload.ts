// `POST /upload`: counts a body as it passes, and digests it with `?digest=1`; nothing of it is kept.
import { createHash } from 'node:crypto';
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
  return countBody(request, parameter(request.query, 'digest') === '1');
}

/** Resolves at the body's end; rejects when the client leaves before it. */
async function countBody(request: FastifyRequest, digest: boolean): Promise<Counted> {
  const hash = digest ? createHash('sha256') : undefined;
  request.raw.on('data', (chunk: Buffer) => {
    request.bytesCounted += chunk.length;
    hash?.update(chunk);
  });
  await finished(request.raw, { writable: false });
  const bytes = request.bytesCounted;
  return hash === undefined ? { bytes } : { bytes, sha256: hash.digest('hex') };
}
