// `stripPrefix` and `rewrite`: the path that the target gets in place of the one that was asked for.
import * as z from 'zod';
import { mapping, text, toggle } from '../mapping.ts';
import { pattern } from './pattern.ts';

export const stripPrefix = toggle;

const to = text('a path such as /new/$1', (given) =>
  /^\/[!-~]*$/.test(given) && !given.includes('#') ? given : undefined,
);

const rule = mapping('a rewrite', {
  match: pattern('u').describe('What the path (without its query) has to match; ^ and $ are not added.'),
  to: to.describe('In its place; $1 to $9 are groups of `match`. With a ? it has a query of its own.'),
});

export const rewrite = z
  .array(rule, { error: 'expected a list of rewrites, each with match and to' })
  .max(100, { error: 'expected at most 100 rewrites' });
