// `tls: acme` must be possible: an account to ask with, hosts that can be proved, and a listener on which to prove them.
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { canAnswer, certificateNames } from '../complete/acme.ts';
import { completeListeners, type Context } from '../complete.ts';
import { show, type Key } from '../problem.ts';
import type { Reading } from '../reading.ts';
import type { RootFrame } from '../schema/root.ts';
import type { PlacedSite } from '../sites.ts';
import type { Listener } from '../types.ts';
import { checkFile } from './files.ts';

/** What the large authorities put into one certificate. */
const MOST_NAMES = 100;

export function checkAcme(
  reading: Reading,
  frame: RootFrame,
  sites: readonly PlacedSite[],
  context: Context,
): void {
  const listen = completeListeners(frame, context);
  const ordered = sites.filter((site) => site.frame?.tls.kind === 'acme');
  for (const { at, frame: site } of ordered) {
    checkSite(reading, at, listen);
    checkHosts(reading, [...at, 'hosts'], site?.hosts ?? []);
    if (frame.acme === undefined && reading.accepts(['acme'])) {
      const expected = 'expected a root key acme with terms: agreed';
      reading.report([...at, 'tls'], `${expected}, got "acme" without it`);
    }
  }
  if (frame.acme !== undefined) checkAuthority(reading, frame.acme, listen, context.directory);
  if (ordered.length > 0) warnOfPorts(reading, frame, listen);
}

function checkSite(reading: Reading, at: readonly Key[], listen: readonly Listener[]): void {
  if (listen.some(({ scheme }) => scheme === 'https')) return;
  reading.report([...at, 'tls'], 'expected a listener for https (listen.https), got "acme" without one');
}

function checkHosts(reading: Reading, at: readonly Key[], hosts: readonly string[]): void {
  for (const [index, host] of hosts.entries()) {
    const fault = hostFault(host);
    if (fault !== undefined) reading.report([...at, index], `${fault}, got ${show(host)}`);
  }
  const { length } = certificateNames(hosts);
  if (length === 0 && reading.accepts(at)) {
    reading.report(at, 'expected a host name that a certificate can be ordered for, got only "*"');
  }
  if (length > MOST_NAMES)
    reading.report(at, `expected up to ${MOST_NAMES} hosts for one certificate, got ${length}`);
}

function hostFault(host: string): string | undefined {
  if (host.startsWith('*.'))
    return 'expected a host without a wildcard (tls: acme answers no DNS challenge, which a wildcard needs)';
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? undefined : 'expected a name (tls: acme orders no certificate for an address)';
}

function checkAuthority(
  reading: Reading,
  { ca, challenges, externalAccount }: NonNullable<RootFrame['acme']>,
  listen: readonly Listener[],
  directory: string,
): void {
  if (ca !== undefined) checkFile(reading, ['acme', 'ca'], ca, resolve(directory, ca), 'file');
  if (externalAccount !== undefined) {
    const { key } = externalAccount;
    checkFile(reading, ['acme', 'externalAccount', 'key'], key, resolve(directory, key), 'file');
  }
  for (const [index, kind] of (challenges ?? []).entries()) {
    if (canAnswer(kind, listen)) continue;
    const missing = kind === 'http-01' ? 'listen.http' : 'listen.https';
    reading.report(
      ['acme', 'challenges', index],
      `expected a challenge that a listener can answer, got ${show(kind)} (there is no ${missing})`,
    );
  }
}

/** The authority asks on these two and no others (RFC 8555 8.3, RFC 8737 3); a router may still send them on. */
function warnOfPorts(reading: Reading, frame: RootFrame, listen: readonly Listener[]): void {
  if (frame.acme?.directory.includes('.api.letsencrypt.org/') !== true) return;
  const reached = listen.some(
    ({ scheme, address }) => address.kind !== 'tcp' || address.port === (scheme === 'http' ? 80 : 443),
  );
  if (reached) return;
  reading.warn(
    ['listen'],
    'expected http on port 80 or https on 443 (the authority asks there), got neither',
  );
}
