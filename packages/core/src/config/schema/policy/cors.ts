// `cors`: which pages of other origins may read the answers of a route.
import * as z from 'zod';
import { hasOnly, TOKEN } from '../../../gate/characters.ts';
import { fieldName } from '../field.ts';
import { mapping, oneOrMany, text, toggle } from '../mapping.ts';
import { duration } from '../quantity.ts';
import { orOff } from './off.ts';

const EXPECTED = 'an origin such as https://app.example.com, or any';

/** As a browser writes it: no path, no default port, lower case. */
const origin = text(EXPECTED, (given) => {
  if (given === 'any') return given;
  const parsed = /^https?:\/\//.test(given) ? URL.parse(given) : null;
  return parsed !== null && parsed.origin === given ? given : undefined;
});

const method = text('a method such as GET', (given) =>
  given !== '' && hasOnly(TOKEN, given) && given === given.toUpperCase() ? given : undefined,
);

const fields = mapping('cors', {
  origins: oneOrMany(`${EXPECTED}, or a list of them`, origin).describe(
    'Whose pages may read the answers: origins, or any.',
  ),
  methods: z
    .array(method, { error: 'expected a list of methods' })
    .prefault(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
    .describe('What their scripts may ask for.'),
  headers: z
    .array(fieldName, { error: 'expected a list of header names' })
    .prefault(['Authorization', 'Content-Type'])
    .describe('Which request fields they may write beside the harmless ones.'),
  expose: z
    .array(fieldName, { error: 'expected a list of header names' })
    .prefault([])
    .describe('Which response fields they may read beside the harmless ones.'),
  credentials: toggle.prefault(false).describe('on: cookies go with it; not with `origins: any`.'),
  maxAge: duration().prefault('1h').describe('How long a browser may remember what is allowed.'),
});

export const cors = orOff(
  fields.superRefine(({ origins, credentials }, context) => {
    if (!credentials || !origins.includes('any')) return;
    const message = 'expected the origins by name where credentials are on';
    context.issues.push({ code: 'custom', message, input: 'any', path: ['origins'] });
  }),
  'a mapping with origins',
);
