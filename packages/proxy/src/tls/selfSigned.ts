// A self-signed certificate for a site that has no other, made once and kept in the state directory.
import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
/** Browsers refuse longer ones (CA/B Forum ballot SC-22), also when the user has trusted them. */
const VALID_DAYS = 397;
const RENEW_BEFORE_DAYS = 30;
const LOOPBACK = ['127.0.0.1', '::1'];

/** The kept pair for these hosts, or a new one when there is none or it ends within 30 days. */
export async function selfSigned(directory: string, hosts: readonly string[]): Promise<PemPair> {
  const names = subjectNames(hosts);
  const stem = join(directory, `self-signed-${nameOf(names)}`);
  const kept = await readPair(stem);
  if (kept !== undefined && isFresh(kept)) return kept;
  const made = await makePair(names);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // Written beside and renamed: a crash in between must not leave a key without its certificate.
  await writeWhole(`${stem}.key.pem`, made.key, 0o600);
  await writeWhole(`${stem}.crt.pem`, made.certificate, 0o644);
  return made;
}

/** The hosts of the site, and what a person on this machine types. `*` is no name. */
function subjectNames(hosts: readonly string[]): readonly string[] {
  return [...new Set([...hosts.filter((host) => host !== '*'), 'localhost', ...LOOPBACK])];
}

function nameOf(names: readonly string[]): string {
  return createHash('sha256').update(names.join(' ')).digest('hex').slice(0, 16);
}

async function readPair(stem: string): Promise<PemPair | undefined> {
  try {
    return {
      certificate: await readFile(`${stem}.crt.pem`, 'utf8'),
      key: await readFile(`${stem}.key.pem`, 'utf8'),
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isFresh({ certificate }: PemPair): boolean {
  const { validTo } = new X509Certificate(certificate);
  return Date.parse(validTo) - Date.now() > RENEW_BEFORE_DAYS * DAY_MS;
}

async function makePair(names: readonly string[]): Promise<PemPair> {
  const now = Date.now();
  const made = await generate([{ name: 'commonName', value: names[0] ?? 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // A machine whose clock is a little behind must not see a certificate of the future.
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + (VALID_DAYS - 1) * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) > 0 ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  });
  return { certificate: made.cert, key: made.private };
}

async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const beside = `${path}.${process.pid}`;
  await writeFile(beside, text, { mode });
  await rename(beside, path);
}
