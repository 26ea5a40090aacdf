// What answers a route, other than an upstream: `app`, `files`, `redirect`, `respond`.
import * as z from 'zod';
import { fieldName, fieldsNamedBy, fieldValue } from './field.ts';
import { count, mapping, text, word } from './mapping.ts';
import { path } from './path.ts';

export const app = path('the path of a module').describe(
  'A module whose default export is a Fastify plugin; it runs in the front, without a hop.',
);

/** As the path of a request would name it, without the slash it begins with. */
function fallbackFile(given: string): string | undefined {
  const name = given.replace(/^\/+/, '');
  const stays = name.split('/').every((segment) => segment !== '' && !segment.startsWith('.'));
  return stays && !name.includes('\0') && !name.includes('\\') ? name : undefined;
}

const directory = path('a directory');
const index = z
  .array(text('a file name', (given) => (/^[^/\\\0]+$/.test(given) ? given : undefined)))
  .prefault(['index.html']);

const filesFields = mapping('files', {
  directory: directory.describe('The directory whose files are served.'),
  index: index.describe('What answers for a directory, in order of preference.'),
  cacheControl: fieldValue('a Cache-Control value').optional().describe('Cache-Control of every file.'),
  fallback: text('a file below the directory such as index.html', fallbackFile)
    .optional()
    .describe('The file that answers, with 200, where there is none of the name: for single-page apps.'),
});

/** A mapping, or only the directory. */
export const files = z.union(
  [filesFields, directory.transform((given) => filesFields.parse({ directory: given }))],
  {
    error: 'expected a directory, or a mapping with directory',
  },
);

const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const;

const location = text('a path such as /new or an http(s) address', (given) =>
  /^(?:\/(?!\/)|https?:\/\/[^/])[!-~]*$/.test(given) || given === '/' ? given : undefined,
);

const redirectFields = mapping('a redirect', {
  to: location.describe('A path of this site, or an http(s) address.'),
  status: z
    .literal(REDIRECT_STATUSES, { error: 'expected 301, 302, 303, 307 or 308' })
    .prefault(308)
    .describe('308 and 307 keep the method; 301 and 308 may be remembered for ever.'),
  keepPath: word('off', 'whole', 'rest')
    .prefault('off')
    .describe(
      "Appended to the place: nothing, the request's whole path and query, or what follows the route's path.",
    ),
});

/** A mapping, or only where to. */
export const redirect = z.union([redirectFields, location.transform((to) => redirectFields.parse({ to }))], {
  error: 'expected a path or an address, or a mapping with to',
});

export const respond = mapping('an answer', {
  status: count(200, 599).prefault(200).describe('Status of the answer.'),
  headers: fieldsNamedBy(fieldName).prefault({}).describe('Header fields of the answer.'),
  body: z.string({ error: 'expected a text' }).prefault('').describe('Body of the answer.'),
});
