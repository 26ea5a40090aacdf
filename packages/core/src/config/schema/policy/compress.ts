// `compress`: content codings for answers that come uncompressed from their target.
import * as z from 'zod';
import { mapping, text, toggle, word } from '../mapping.ts';
import { size } from '../quantity.ts';

const EXPECTED_ENCODINGS = 'expected a list of br, zstd and gzip';
const EXPECTED_TYPE = 'a media type such as text/html, or text/* for all of its kind';

const encodings = z
  .array(word('br', 'zstd', 'gzip'), { error: EXPECTED_ENCODINGS })
  .min(1, { error: EXPECTED_ENCODINGS })
  .prefault(['br', 'zstd', 'gzip'])
  .describe('Offered codings; of those that a client likes equally, the first is taken.');

const types = z
  .array(
    text(EXPECTED_TYPE, (given) =>
      /^[\w!#$&^.+-]+\/(?:[\w!#$&^.+-]+|\*)$/.test(given) ? given.toLowerCase() : undefined,
    ),
    { error: `expected a list, each ${EXPECTED_TYPE}` },
  )
  .min(1, { error: `expected ${EXPECTED_TYPE}` })
  .optional()
  .describe('Types to compress, in place of text, JSON, XML, JavaScript, SVG, WebAssembly and plain fonts.');

const fields = mapping('compress', {
  encodings,
  types,
  minSize: size('0B', '10MB')
    .prefault('1KB')
    .describe('Answers that say that they are smaller are left as they are.'),
});

export const compress = z
  .union([fields, toggle.transform((on) => (on ? fields.parse({}) : ('off' as const)))], {
    error: 'expected on, off, or a mapping with encodings, types and minSize',
  })
  .describe(
    'Compress answers on their way: br, zstd or gzip, whichever the client likes best. Off by default: where a page ' +
      'has both a secret (a CSRF token) and text of the request in it, its compressed size tells the secret bit by ' +
      'bit (BREACH); switch it on for pages without secrets, or for those that mask them anew each time. Event ' +
      'streams, answers with Cache-Control: no-transform and what is compressed already are left alone. Files need ' +
      'no such key: they are compressed at the start.',
  );
