// The authority of `tls: acme`, complete: what it is asked for, how hosts are proved, and where everything is kept.
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { RootFrame } from '../schema/root.ts';
import type { AcmeConfig, ChallengeKind, Listener } from '../types.ts';

/** Whether a listener is there on which the authority can ask. */
export function canAnswer(kind: ChallengeKind, listen: readonly Listener[]): boolean {
  const scheme = kind === 'http-01' ? 'http' : 'https';
  return listen.some((listener) => listener.scheme === scheme);
}

const KINDS: readonly ChallengeKind[] = ['http-01', 'tls-alpn-01'];

export function completeAcme(
  given: RootFrame['acme'],
  listen: readonly Listener[],
  stateDirectory: string,
  directory: string,
): AcmeConfig | undefined {
  if (given === undefined) return undefined;
  const { ca, externalAccount } = given;
  return {
    directory: given.directory,
    contacts: (given.email ?? []).map((email) => `mailto:${email}`),
    ca: ca === undefined ? undefined : resolve(directory, ca),
    challenges: given.challenges ?? KINDS.filter((kind) => canAnswer(kind, listen)),
    externalAccount: externalAccount && {
      id: externalAccount.id,
      key: resolve(directory, externalAccount.key),
    },
    room: join(stateDirectory, 'acme', roomName(given.directory)),
  };
}

/** `*` stands for hosts that nobody can name. Sorted: their order says nothing. */
export function certificateNames(hosts: readonly string[]): readonly string[] {
  return hosts.filter((host) => host !== '*').toSorted();
}

/** Named for a person by one host, and for the program by all of them. */
export function acmeFile(room: string, names: readonly string[]): string {
  return join(room, `${(names[0] ?? '').slice(0, 100)}-${digest(names.join(' ')).slice(0, 12)}.pem`);
}

/** Staging and production, or two directories of one authority, never share an account or a certificate. */
function roomName(directory: string): string {
  return `${new URL(directory).hostname.replaceAll(/[^\w.-]/g, '')}-${digest(directory).slice(0, 8)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
