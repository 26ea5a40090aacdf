// A key that a route can take back: `off` where its site says something.
import * as z from 'zod';

/** Afterwards the value, or `off`. `expected` names both. */
export function orOff<Schema extends z.ZodType>(schema: Schema, expected: string) {
  return z.union([z.literal('off'), schema], { error: `expected ${expected}, or off` });
}
