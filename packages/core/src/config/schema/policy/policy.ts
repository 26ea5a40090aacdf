// The policy of a route: one line for each key. A site may have each of them too, as the default of its routes.
import * as z from 'zod';
import { access } from './access.ts';
import { compress } from './compress.ts';
import { headers } from './headers.ts';

export const policy = {
  ...access,
  compress: compress.optional(),
  headers: headers.optional().describe('Header fields to set, add or remove.'),
};

const fields = z.object(policy);

export type PolicyInput = z.output<typeof fields>;
