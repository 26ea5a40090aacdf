// Certificates of hosts that are no longer wanted together: kept while they may still stand in, then removed with their keys.
import { readdir } from 'node:fs/promises';
import { readPair } from '../certificate/pair.ts';
import type { StateDirectory } from './directory.ts';

const ACCOUNT_KEY = 'account.key.pem';

/** `wanted`: names of files. Removes those of others that have ended; what cannot be read as a pair is left alone. */
export async function tidy(
  directory: StateDirectory,
  wanted: ReadonlySet<string>,
  now: number,
): Promise<void> {
  for (const name of await readdir(directory.path)) {
    if (!name.endsWith('.pem') || name === ACCOUNT_KEY || wanted.has(name)) continue;
    if (!hasEnded((await directory.read(name)) ?? '', now)) continue;
    await directory.remove(name);
    await directory.remove(name.replace(/\.pem$/, '.json'));
  }
}

function hasEnded(pem: string, now: number): boolean {
  try {
    return readPair(pem).notAfter < now;
  } catch {
    // Not ours to judge.
    return false;
  }
}
