// Where the running process is asked: as the flag says, else as the configuration does, of which no more is needed for that.
import { type Address, loadAdminAddress } from '@tollgate/core';
import type { AdminPlace } from '../client/admin.ts';
import { findConfig } from './find.ts';
import { mistakesIn } from './load.ts';

export type FoundAdmin =
  | { readonly ok: true; readonly place: AdminPlace }
  | { readonly ok: false; readonly errors: readonly string[] };

export interface AdminOptions {
  readonly config?: string;
  readonly admin?: Address;
}

/** Throws a CommandFailure when there is no configuration and it is needed. */
export function findAdmin({ config, admin }: AdminOptions): FoundAdmin {
  if (admin !== undefined) return { ok: true, place: { address: admin, file: undefined } };
  const file = findConfig({ flag: config, env: process.env });
  try {
    return { ok: true, place: { address: loadAdminAddress({ file, env: process.env }), file } };
  } catch (error) {
    return { ok: false, errors: mistakesIn(error) };
  }
}
