// Header fields as one writes them in the configuration: names, values, and mappings of names to values.
import * as z from 'zod';
import { FIELD_VALUE, hasOnly, TOKEN } from '../../gate/characters.ts';
import { HOP_BY_HOP } from '../../headers/hop-by-hop.ts';
import { compileNames } from '../../headers/names.ts';
import { text } from './mapping.ts';

/** Written by the lane from the body and the connection, never by hand. */
const isFraming = compileNames([...HOP_BY_HOP, 'content-length', 'date']);

export const fieldName = text('a header name that is not of the connection', (given) =>
  given !== '' && hasOnly(TOKEN, given) && isFraming(given) === undefined ? given : undefined,
);

export function fieldValue(expected: string) {
  return text(expected, (given) =>
    hasOnly(FIELD_VALUE, given) && given === given.trim() ? given : undefined,
  );
}

/** A list of pairs afterwards, in the order of the file. */
export function fieldsNamedBy(name: typeof fieldName) {
  return z
    .record(
      name,
      z.union([fieldValue('a header value'), z.number().transform(String)], {
        error: 'expected a header value',
      }),
      { error: 'expected a mapping of header names to values' },
    )
    .transform((given) => Object.entries(given));
}
