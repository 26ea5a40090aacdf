// A kept certificate as a bystander sees it, for `tollgate doctor`: whoever keeps it may be running. Changes nothing.
import { basename, dirname } from 'node:path';
import type { WantedCertificate } from './care.ts';
import { readPair } from './certificate/pair.ts';
import { StateDirectory } from './state/directory.ts';
import { readProgress } from './state/progress.ts';

export interface KeptCertificate {
  /** Milliseconds since 1970; `undefined`: there is none, or none that can be used. */
  readonly notAfter: number | undefined;
  /** Why the last attempt to get one failed; `undefined`: it did not. */
  readonly why: string | undefined;
  readonly failures: number;
}

/** Rejects when this user may not read it. */
export async function inspectCertificate({ file }: WantedCertificate): Promise<KeptCertificate> {
  const directory = new StateDirectory(dirname(file));
  const pem = await directory.read(basename(file));
  const { why, failures } = await readProgress(directory, basename(file).replace(/\.pem$/, '.json'));
  return { notAfter: pem === undefined ? undefined : endOf(pem), why, failures };
}

function endOf(pem: string): number | undefined {
  try {
    return readPair(pem).notAfter;
  } catch {
    // Half of something: as good as none, and the client will order another.
    return undefined;
  }
}
