// A regular expression that paths are held against.
import { text } from '../mapping.ts';

const MAX_PATTERN = 500;

/** `flags`: those that it will be compiled with. Gives its source. */
export function pattern(flags: 'u' | 'iu') {
  return text('a regular expression (JavaScript, at most 500 characters)', (given) => {
    if (given === '' || given.length > MAX_PATTERN) return undefined;
    try {
      return new RegExp(given, flags);
    } catch {
      return undefined; // The message says what was expected; the engine's own would not say more.
    }
  }).transform(({ source }) => source);
}
