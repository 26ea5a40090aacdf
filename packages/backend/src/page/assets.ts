// The site's files: read once when the module loads, answered from memory with an entity tag.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Site } from '../site.ts';

const FILES = [
  { url: '/style.css', file: 'style.css', type: 'text/css; charset=utf-8' },
  { url: '/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
  { url: '/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
  { url: '/favicon.ico', file: 'favicon.ico', type: 'image/x-icon' },
] as const;

export const readAsset = (file: string): Buffer =>
  readFileSync(new URL(`../../assets/${file}`, import.meta.url));

export function assetRoutes(site: Site): void {
  for (const { url, file, type } of FILES) site.get(url, answerFromMemory(readAsset(file), type));
}

function answerFromMemory(
  body: Buffer,
  type: string,
): (request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return (request, reply) => {
    // The names carry no hash, so a change must show within minutes; the tag then makes the check a 304.
    reply.header('etag', etag).header('cache-control', 'public, max-age=300');
    if (holds(request.headers['if-none-match'], etag)) return reply.code(304).send();
    return reply.header('content-type', type).header('x-content-type-options', 'nosniff').send(body);
  };
}

/** If-None-Match compares weakly: `W/` counts for nothing (RFC 9110, 13.1.2). */
function holds(condition: string | undefined, etag: string): boolean {
  if (condition === undefined) return false;
  return condition.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
