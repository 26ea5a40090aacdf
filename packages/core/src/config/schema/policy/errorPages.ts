// `errorPages`: files in place of the body of an error answer.
import * as z from 'zod';
import { text } from '../mapping.ts';
import { path } from '../path.ts';

const status = text('a status from 400 to 599, 4xx or 5xx', (given) =>
  /^[45](?:\d\d|xx)$/.test(given) ? given : undefined,
);

export const errorPages = z
  .record(status, path('a file'), { error: 'expected a mapping of statuses (404, 5xx) to files' })
  .transform((given) => Object.entries(given));
