// A route: a path, the one target that answers it, and its policy.
import type * as z from 'zod';
import { canonicalPath } from '../../gate/path.ts';
import { mapping, text } from './mapping.ts';
import { routeLimits } from './limits.ts';
import { policy } from './policy/policy.ts';
import { app, files, redirect, respond } from './target.ts';
import { upstream } from './upstream.ts';

export const TARGETS = ['app', 'upstream', 'files', 'redirect', 'respond'] as const;

const routePath = text(
  'a path such as / or /api/ (with a slash at its end: everything below; no wildcards, no query)',
  (given) =>
    given.startsWith('/') && !/[*?]/.test(given) && canonicalPath(given) === given ? given : undefined,
);

export const route = mapping('a route', {
  path: routePath.describe(
    'With a slash at its end: everything below; else this path only. The longest match wins.',
  ),
  app: app.optional(),
  upstream: upstream.optional().describe('Another process: its server, a list of servers, or a mapping.'),
  files: files.optional().describe('A directory, or a mapping.'),
  redirect: redirect.optional().describe('Where to (308), or a mapping.'),
  respond: respond.optional().describe('A fixed answer.'),
  limits: routeLimits.optional().describe('Limits of this route in place of the general ones.'),
  ...policy,
});

export type RouteInput = z.output<typeof route>;
