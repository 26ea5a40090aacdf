// `headers`: fields changed on the way to the target and on the way back.
import * as z from 'zod';
import { TIER_FIELDS } from '../../../headers/tiers.ts';
import { compileNames } from '../../../headers/names.ts';
import { fieldName, fieldsNamedBy } from '../field.ts';
import { mapping, text, toggle } from '../mapping.ts';

/** What the front itself vouches for: written over by hand, a target would believe what nobody has checked. */
const isVouchedFor = compileNames([
  'host',
  'expect',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-request-id',
  ...TIER_FIELDS,
]);

export const requestName = text('a header name that the front does not write itself', (given) =>
  fieldName.safeParse(given).success && isVouchedFor(given) === undefined ? given : undefined,
);

const namesOf = (name: typeof fieldName) => z.array(name, { error: 'expected a list of header names' });

const request = mapping('request headers', {
  set: fieldsNamedBy(requestName).prefault({}).describe('Written in place of what the client sent.'),
  remove: namesOf(requestName).prefault([]).describe('Not passed on.'),
});

const response = mapping('response headers', {
  set: fieldsNamedBy(fieldName).prefault({}).describe('Written in place of what the target sent.'),
  add: fieldsNamedBy(fieldName).prefault({}).describe('Written beside what the target sent.'),
  remove: namesOf(fieldName).prefault([]).describe('Taken off.'),
});

export const headers = mapping('headers', {
  request: request.prefault({}).describe('Fields of the request as the target gets it.'),
  response: response.prefault({}).describe('Fields of every answer: remove first, then set, then add.'),
  security: toggle
    .prefault(false)
    .describe(
      'on: Strict-Transport-Security (two years; over https with a certificate that is not self-signed), X-Content-Type-Options, Referrer-Policy and X-Frame-Options, where the target sends none of its own.',
    ),
});
