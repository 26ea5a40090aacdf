// The policy of a route: one line for each key. A site may have each of them too, as the default of its routes.
import * as z from 'zod';
import { access } from './access.ts';
import { auth } from './auth.ts';
import { cache } from './cache.ts';
import { compress } from './compress.ts';
import { cors } from './cors.ts';
import { errorPages } from './errorPages.ts';
import { headers } from './headers.ts';
import { maintenance } from './maintenance.ts';
import { rateLimit } from './rateLimit.ts';
import { toggle, word } from '../mapping.ts';
import { rewrite, stripPrefix } from './rewrite.ts';
import { withhold } from './withhold.ts';

export const policy = {
  ...access,
  withhold: withhold
    .optional()
    .describe(
      'Nobody gets what matches, but 403: regular expressions for the whole path, decoded, in either case, such as \\.(sql|bak)$ or ^/private. A compressed copy (.gz, .br, .zst) is what it is a copy of.',
    ),
  ...cache,
  compress: compress.optional(),
  maintenance: maintenance
    .optional()
    .describe('on: 503 with Retry-After for everybody but `exempt`; off; or a mapping.'),
  rateLimit: rateLimit
    .optional()
    .describe(
      'Requests beyond it get 429 with Retry-After. Of a site: its routes share it. Of one worker, unless it is `shared`.',
    ),
  auth: auth.optional().describe('Who has to say who they are: a password, or another service; off.'),
  cors: cors
    .optional()
    .describe('Which pages of other origins may read the answers; preflights are answered.'),
  stripPrefix: stripPrefix
    .optional()
    .describe("on: the target gets the path without the route's own, which X-Forwarded-Prefix then names."),
  rewrite: rewrite
    .optional()
    .describe(
      'The target gets another path: the first rule that matches, after stripPrefix. It is judged anew.',
    ),
  errorPages: errorPages
    .optional()
    .describe('Files sent as the body of error answers: statuses (404) or classes (5xx), at most 1 MB each.'),
  tracing: toggle
    .optional()
    .describe('W3C traceparent: a valid one is passed on, else one is made; it is in the request log. off.'),
  serverTiming: word('off', 'on', 'asked')
    .optional()
    .describe('Server-Timing in answers: on; asked: for trustedProxies that send X-Server-Timing; off.'),
  headers: headers.optional().describe('Header fields to set, add or remove.'),
};

const fields = z.object(policy);

export type PolicyInput = z.output<typeof fields>;
