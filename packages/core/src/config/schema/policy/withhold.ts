// `withhold`: paths that nobody gets, whatever would answer them.
import { oneOrMany } from '../mapping.ts';
import { pattern } from './pattern.ts';

export const withhold = oneOrMany(
  'a regular expression such as \\.(sql|bak)$, or a list of them',
  pattern('iu'),
);
