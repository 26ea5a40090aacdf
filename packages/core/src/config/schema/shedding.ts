// `shedding`: whom to turn away while the machine cannot serve everybody.
import * as z from 'zod';
import { mapping } from './mapping.ts';
import { duration } from './quantity.ts';

const fields = mapping('shedding', {
  delay: duration()
    .prefault('200ms')
    .describe('When the event loop is this late, a growing share of requests is answered with 503.'),
});

export const shedding = z.union(
  [z.literal('off').transform(() => undefined), z.literal('on').transform(() => fields.parse({})), fields],
  { error: 'expected on, off, or a mapping with delay' },
);
