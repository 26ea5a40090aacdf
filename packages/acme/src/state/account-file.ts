// The account as it is kept: its key, made once, and what the authority calls it.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { newKey } from '../certificate/request.ts';
import type { KnownAccount } from '../protocol/account.ts';
import type { StateDirectory } from './directory.ts';

const KEY = 'account.key.pem';
const ACCOUNT = 'account.json';

const account = z.object({ url: z.url({ protocol: /^https$/ }), contacts: z.array(z.string()) });

/** Throws when there is a key that cannot be read: a new one would be another account. */
export async function accountKey(directory: StateDirectory): Promise<KeyObject> {
  const kept = (await directory.read(KEY)) ?? (await directory.writeOnce(KEY, newKey()));
  try {
    return createPrivateKey(kept);
  } catch (cause) {
    throw new Error(`expected the account's private key in ${directory.path}/${KEY}, got something else`, {
      cause,
    });
  }
}

/** What cannot be read counts as not there: the authority finds the account by its key. */
export async function knownAccount(directory: StateDirectory): Promise<KnownAccount | undefined> {
  const kept = await directory.read(ACCOUNT);
  if (kept === undefined) return undefined;
  try {
    return account.parse(JSON.parse(kept));
  } catch {
    return undefined;
  }
}

export async function keepAccount(directory: StateDirectory, known: KnownAccount): Promise<void> {
  await directory.write(ACCOUNT, `${JSON.stringify(known)}\n`);
}
