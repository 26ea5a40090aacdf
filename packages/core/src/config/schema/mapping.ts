// The building blocks of the schema: mappings with known keys only, words, and texts that are read into values.
//
// Every message is `expected …`; the loader adds what was got, so that no section can forget it.
import * as z from 'zod';
import { show } from '../problem.ts';
import { nearest } from '../spell.ts';

/** A mapping whose unknown keys are errors, each with the known ones and the one that was probably meant. */
export function mapping<Shape extends z.core.$ZodLooseShape>(what: string, shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, known);
      return `expected ${what}: a mapping with ${oneOf(known)}`;
    },
  });
}

/** One line for each unknown key, in their order: an issue has a single message. */
function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  return keys
    .map((key) => {
      const meant = nearest(key, known);
      const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
      return `expected one of ${known.join(', ')}, got ${show(key)}${hint}`;
    })
    .join('\n');
}

/** One of a few words. */
export function word<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z.enum(words, { error: `expected ${oneOf(words)}` });
}

/** A text that `read` turns into a value, or refuses with `undefined`. `told`: what an error shows of what was given. */
export function text<Value>(
  expected: string,
  read: (given: string) => Value | undefined,
  told: (given: string) => string = (given) => given,
) {
  return z.string({ error: `expected ${expected}` }).transform((given, context): Value => {
    const value = read(given);
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: `expected ${expected}`, input: told(given) });
    return z.NEVER;
  });
}

/** A whole number within bounds. */
export function count(least: number, most: number) {
  const error = `expected a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** One value or a list of them; always a list afterwards. */
export function oneOrMany<Item extends z.ZodType>(expected: string, item: Item) {
  const list = z.array(item).min(1, { error: `expected ${expected}` });
  return z.union([item.transform((one) => [one]), list], { error: `expected ${expected}` });
}

/** A yes or no; YAML 1.2 keeps `on`, `yes` and their opposites as words. */
export const toggle = z
  .union([z.boolean(), z.enum(['on', 'off', 'yes', 'no'])], { error: 'expected on or off' })
  .transform((given) => given === true || given === 'on' || given === 'yes');

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
