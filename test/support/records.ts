// The record of one request among those of a running way, found by its path.
import type { RequestRecord } from '@tollgate/log';
import { expect } from 'vitest';
import type { Running } from './ways.ts';

/** Waits for it: a record is written when the response has closed, which a client does not see. */
export async function recordOf({ records }: Running, path: string): Promise<RequestRecord> {
  const found = (): RequestRecord | undefined => records.find((record) => record.path === path);
  await expect.poll(found, { timeout: 10_000 }).toBeDefined();
  const record = found();
  if (record === undefined) throw new Error(`expected a record of ${path}, got none`);
  return record;
}
