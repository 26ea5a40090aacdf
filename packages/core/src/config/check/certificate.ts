// A certificate and its key belong together, cover the site's hosts, and are in their time.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { show, type Key } from '../problem.ts';
import type { Reading } from '../reading.ts';
import { readChecked, warnOfReaders } from './files.ts';

interface PlacedCertificate {
  /** The `tls` key of the site. */
  readonly at: readonly Key[];
  readonly given: { readonly certificate: string; readonly key: string };
  /** Absolute. */
  readonly certificate: string;
  readonly key: string;
  readonly hosts: readonly string[];
}

const DAY_MS = 86_400_000;
/** Warned about before it is too late to renew by hand. */
const SOON_DAYS = 7;

export function checkCertificate(reading: Reading, placed: PlacedCertificate): void {
  const certificate = readCertificate(reading, placed);
  const key = readKey(reading, placed);
  if (certificate === undefined) return;
  if (key !== undefined && !certificate.checkPrivateKey(key)) {
    const got = `got ${show(placed.given.key)} (the key of another certificate${adviceOn(placed.key)})`;
    reading.report([...placed.at, 'key'], `expected the key of ${show(placed.given.certificate)}, ${got}`);
  }
  warnOfTime(reading, placed, certificate);
  warnOfHosts(reading, placed, certificate);
}

/** systemd's copy of what a unit loads (LoadCredential=): made when the service starts, and not again. */
function adviceOn(key: string): string {
  return key.startsWith('/run/credentials/')
    ? '; restart the service after a renewal, systemd copies it then'
    : '';
}

function readCertificate(reading: Reading, placed: PlacedCertificate): X509Certificate | undefined {
  const at = [...placed.at, 'certificate'];
  const given = placed.given.certificate;
  const pem = readChecked(reading, at, given, placed.certificate);
  if (pem === undefined) return undefined;
  try {
    return new X509Certificate(pem);
  } catch {
    reading.report(at, `expected a PEM certificate, got ${show(given)} (there is no certificate in it)`);
    return undefined;
  }
}

function readKey(reading: Reading, placed: PlacedCertificate): KeyObject | undefined {
  const at = [...placed.at, 'key'];
  const given = placed.given.key;
  const pem = readChecked(reading, at, given, placed.key);
  if (pem === undefined) return undefined;
  warnOfReaders(reading, at, given, placed.key, 'key');
  try {
    return createPrivateKey(pem);
  } catch {
    const reason = pem.includes('ENCRYPTED')
      ? 'it has a passphrase; remove it'
      : 'there is no private key in it';
    reading.report(at, `expected a PEM private key, got ${show(given)} (${reason})`);
    return undefined;
  }
}

function warnOfTime(reading: Reading, { at, given }: PlacedCertificate, certificate: X509Certificate): void {
  const now = Date.now();
  const end = certificate.validToDate.getTime();
  const days = Math.floor((end - now) / DAY_MS);
  const name = show(given.certificate);
  const path = [...at, 'certificate'];
  const until = certificate.validToDate.toISOString().slice(0, 10);
  const from = certificate.validFromDate.toISOString().slice(0, 10);
  if (end < now) reading.warn(path, `expected a valid certificate, got ${name} (expired on ${until})`);
  else if (days < SOON_DAYS)
    reading.warn(path, `expected a certificate to last, got ${name} (ends on ${until})`);
  if (certificate.validFromDate.getTime() > now) {
    reading.warn(path, `expected a valid certificate, got ${name} (begins on ${from})`);
  }
}

function warnOfHosts(reading: Reading, placed: PlacedCertificate, certificate: X509Certificate): void {
  for (const host of placed.hosts) {
    if (host === '*' || covers(certificate, host)) continue;
    const got = `got ${show(placed.given.certificate)} (it names ${certificate.subjectAltName ?? 'no host'})`;
    reading.warn([...placed.at, 'certificate'], `expected a certificate for ${host}, ${got}`);
  }
}

function covers(certificate: X509Certificate, host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return certificate.checkIP(bare) !== undefined;
  // A wildcard site needs a wildcard certificate: any one label stands for all.
  return certificate.checkHost(bare.replace(/^\*/, 'any')) !== undefined;
}
