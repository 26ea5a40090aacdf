// `allow` and `deny`: who may ask at all.
import { compileTrust, type AccessConfig, type Trust } from '@tollgate/core';
import type { GuardRefusal, PolicyPart } from './seam.ts';

const EVERYBODY = ['0.0.0.0/0', '::/0', 'unix'];
const DENIED: GuardRefusal = { code: 'address-denied', fields: [] };

export function accessPart({ allow, deny }: AccessConfig): PolicyPart {
  const isDenied = compileClients(deny);
  const isAllowed = allow === undefined ? () => true : compileClients(allow);
  return {
    guard: ({ client: { address } }) => (isDenied(address) || !isAllowed(address) ? DENIED : undefined),
  };
}

/** Entries as in the configuration; asked with an address as `plainAddress` spells it, or `unix`. */
export function compileClients(entries: readonly string[]): Trust {
  return compileTrust(entries.flatMap((entry) => (entry === 'any' ? EVERYBODY : [entry])));
}
