// The configuration's JSON Schema: for editors, and the reference of every key with its default.
import * as z from 'zod';
import { root } from './schema/root.ts';

/** Draft 2020-12, of the file as one writes it. */
export function configJsonSchema(): object {
  return { title: 'Tollgate configuration', ...z.toJSONSchema(root, { io: 'input' }) };
}
