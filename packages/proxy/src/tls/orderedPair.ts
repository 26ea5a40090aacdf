// The certificate that the ACME client keeps for a site. While there is none for exactly its hosts, one that covers some of
// them does better than a self-signed one: hosts were added, and the order for all of them is still under way.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TlsSource } from '@tollgate/core';
import type { PemPair } from './selfSigned.ts';

type Ordered = Extract<TlsSource, { kind: 'acme' }>;

interface Candidate {
  readonly pair: PemPair;
  readonly covered: number;
  readonly endsAt: number;
}

/**
 * `undefined`: there is none yet. What cannot be read counts as none: the client orders another and says so. Rejects when
 * no file can be opened at all (EMFILE), which says nothing about this one.
 */
export async function orderedPair({ file, names }: Ordered): Promise<PemPair | undefined> {
  const own = await candidate(file, names);
  if (own !== undefined) return own.pair;
  const room = dirname(file);
  const files = await readdir(room).catch(() => [] as const);
  const others = await Promise.all(
    files.filter((name) => name.endsWith('.pem')).map((name) => candidate(join(room, name), names)),
  );
  return best(others.filter((other) => other !== undefined))?.pair;
}

function best(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates
    .filter(({ covered, endsAt }) => covered > 0 && endsAt > Date.now())
    .toSorted((a, b) => b.covered - a.covered || b.endsAt - a.endsAt)[0];
}

async function candidate(file: string, names: readonly string[]): Promise<Candidate | undefined> {
  try {
    // Key and chain stand in one file, so that they change together; OpenSSL takes from it what it is asked for.
    const pem = await readFile(file, 'utf8');
    const certificate = new X509Certificate(pem);
    if (!certificate.checkPrivateKey(createPrivateKey(pem))) return undefined;
    return {
      pair: { certificate: pem, key: pem },
      covered: names.filter((name) => certificate.checkHost(name) !== undefined).length,
      endsAt: certificate.validToDate.getTime(),
    };
  } catch (error) {
    if (isShortage(error)) {
      throw new Error(`site ${names[0]}: tls: cannot read ${file}: ${String(error)}`, { cause: error });
    }
    // Not there, the account's key, or half of something: no certificate to serve.
    return undefined;
  }
}

const isShortage = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE');
