// Everything that the configuration refers to: modules, directories, certificates, authorities, the log file.
import { resolve } from 'node:path';
import { show } from '../problem.ts';
import type { Reading } from '../reading.ts';
import type { RootFrame } from '../schema/root.ts';
import type { PlacedRoute, PlacedSite } from '../sites.ts';
import { checkCertificate } from './certificate.ts';
import { checkFile } from './files.ts';
import { logFileFault } from './logFile.ts';
import { checkPolicyFiles } from './policy.ts';

/** `directory`: what relative paths start from; absolute. */
export function checkReferences(reading: Reading, sites: readonly PlacedSite[], directory: string): void {
  for (const { at, frame, routes } of sites) {
    if (frame?.tls.kind === 'files') {
      const { tls, hosts } = frame;
      const certificate = resolve(directory, tls.certificate);
      const key = resolve(directory, tls.key);
      checkCertificate(reading, { at: [...at, 'tls'], given: tls, certificate, key, hosts });
    }
    if (frame !== undefined) checkPolicyFiles(reading, at, frame, directory);
    for (const route of routes) checkRoute(reading, route, directory);
  }
}

function checkRoute(reading: Reading, { at, given }: PlacedRoute, directory: string): void {
  const { app, files, upstream } = given;
  checkPolicyFiles(reading, at, given, directory);
  if (app !== undefined) checkFile(reading, [...at, 'app'], app, resolve(directory, app), 'file');
  if (files !== undefined) {
    checkFile(
      reading,
      [...at, 'files', 'directory'],
      files.directory,
      resolve(directory, files.directory),
      'directory',
    );
  }
  if (upstream?.ca !== undefined) {
    checkFile(reading, [...at, 'upstream', 'ca'], upstream.ca, resolve(directory, upstream.ca), 'file');
  }
}

export function checkLogFile(reading: Reading, { requestLog: { to } }: RootFrame, directory: string): void {
  if (to === 'stdout' || to === 'journald') return;
  const fault = logFileFault(resolve(directory, to));
  if (fault !== undefined) {
    reading.report(['requestLog', 'to'], `expected stdout, journald or a file, got ${show(to)} (${fault})`);
  }
}

/** Believing everybody is the same as believing the client. */
export function warnOfTrust(reading: Reading, { trustedProxies }: RootFrame): void {
  for (const [index, entry] of trustedProxies.entries()) {
    if (!entry.endsWith('/0')) continue;
    reading.warn(
      ['trustedProxies', index],
      `expected the addresses of proxies, got ${show(entry)}: every client`,
    );
  }
}

/** Then nobody would be believed, and the switch would do nothing. */
export function checkProxyProtocol(reading: Reading, { listen, trustedProxies }: RootFrame): void {
  if (!listen.proxyProtocol || trustedProxies.length > 0) return;
  reading.report(['listen', 'proxyProtocol'], 'expected the senders in trustedProxies, got none there');
}

/** Readers of /metrics are named on purpose; without any, the address may be a slip. */
export function warnOfAdmin(reading: Reading, { admin }: RootFrame): void {
  if (admin?.metrics !== undefined) return warnOfReaders(reading, admin.metrics.from);
  const address = admin?.address;
  if (address?.kind !== 'tcp' || /^(?:127\.|::1$)/.test(address.address)) return;
  reading.warn(
    ['admin'],
    `expected an address of this machine alone, got ${show(address.address)}: other machines may ask whether it is alive and ready, and nothing else`,
  );
}

function warnOfReaders(reading: Reading, from: readonly string[]): void {
  for (const entry of from) {
    if (!entry.endsWith('/0')) continue;
    reading.warn(
      ['admin', 'metrics', 'from'],
      `expected the addresses of those who measure, got ${show(entry)}: everybody reads /metrics`,
    );
  }
}
