// `requestLog`: one line a request, and which of them.
import * as z from 'zod';
import { mapping, word } from './mapping.ts';
import { duration } from './quantity.ts';

export const requestLogMode = word('off', 'on', 'errors', 'auto');
export const requestLogFormat = word('json', 'combined');
const requestLogTo = z
  .string({ error: 'expected stdout, journald or a file' })
  .min(1, { error: 'expected stdout, journald or a file' });

const fields = mapping('the request log', {
  mode: requestLogMode
    .prefault('on')
    .describe(
      'on: every request. errors: status 400 and up. auto: every request until the machine is busy, then all errors and slow ones and a weighted sample.',
    ),
  to: requestLogTo.prefault('stdout').describe('stdout, journald, or a file (beside the configuration).'),
  format: requestLogFormat.prefault('json').describe('json, or the combined format of Apache and nginx.'),
  slow: duration().prefault('1s').describe('auto keeps every request that takes longer.'),
  busyDelay: duration()
    .prefault('50ms')
    .describe('auto begins to shed when the event loop is this late (99th percentile of a second).'),
});

/** A mapping, or only its mode: `requestLog: off`. */
export const requestLog = z.union([fields, requestLogMode.transform((mode) => fields.parse({ mode }))], {
  error: 'expected off, on, errors, auto, or a mapping with mode, to and format',
});
