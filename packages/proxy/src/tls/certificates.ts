// The certificates of one configuration by server name. Built whole, then swapped; a handshake reads it once.
// What a new configuration names must all be there; of files that changed since, each site is taken on its own.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Config, SiteConfig } from '@tollgate/core';
import { HostMap } from '../routing/hosts.ts';
import { orderedPair } from './orderedPair.ts';
import { selfSigned, type PemPair } from './selfSigned.ts';

export interface CertificateEnd {
  /** First host. */
  readonly site: string;
  /** Since the epoch. */
  readonly expiresAtMs: number;
}

interface LoadedSite {
  readonly site: SiteConfig;
  readonly pair: PemPair;
  readonly context: SecureContext;
}

export interface Certificates {
  /** In the order of the configuration. */
  readonly loaded: readonly LoadedSite[];
  /** For a client that names no server, and for names no site has: its request gets a readable 421. */
  readonly fallback: PemPair;
  /** Whatever name is asked for, the fallback answers. */
  readonly single: boolean;
  /** When those end that were read from files of the configuration. */
  readonly ends: readonly CertificateEnd[];
  find(serverName: string): SecureContext;
}

/** Rejects with the site, the file and what is wrong with it. */
export async function loadCertificates(
  config: Config,
  settings: SecureContextOptions,
): Promise<Certificates> {
  const loaded: LoadedSite[] = [];
  for (const site of config.sites) loaded.push(await loadSite(site, config, settings));
  return certificatesOf(loaded);
}

interface Renewed {
  readonly certificates: Certificates;
  /** For each site that keeps the certificate it has: which, the file and what is wrong with it. */
  readonly failures: readonly string[];
}

/** The same sites, with what their files hold now. `config`: what `former` was loaded for. */
export async function renewCertificates(
  former: Certificates,
  config: Config,
  settings: SecureContextOptions,
): Promise<Renewed> {
  const loaded: LoadedSite[] = [];
  const failures: string[] = [];
  for (const has of former.loaded) {
    try {
      loaded.push(await loadSite(has.site, config, settings));
    } catch (error) {
      loaded.push(has);
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { certificates: certificatesOf(loaded), failures };
}

async function loadSite(
  site: SiteConfig,
  { stateDirectory }: Config,
  settings: SecureContextOptions,
): Promise<LoadedSite> {
  const pair = await loadPair(site, stateDirectory);
  return { site, pair, context: contextOf(site, pair, settings) };
}

function certificatesOf(loaded: readonly LoadedSite[]): Certificates {
  const preferred = loaded.find(({ site }) => site.hosts.includes('*')) ?? loaded[0];
  if (preferred === undefined) throw new Error('sites: expected at least one site, got none');
  const byName = new HostMap(loaded.map(({ site, context }) => [site.hosts, context]));
  return {
    loaded,
    fallback: preferred.pair,
    single: loaded.length === 1,
    ends: loaded.filter(({ site }) => site.tls.kind === 'files').map(({ site, pair }) => endOf(site, pair)),
    find: (serverName) => byName.find(serverName.toLowerCase()) ?? preferred.context,
  };
}

const endOf = ({ hosts }: SiteConfig, { certificate }: PemPair): CertificateEnd => ({
  site: hosts[0] ?? '*',
  expiresAtMs: new X509Certificate(certificate).validToDate.getTime(),
});

async function loadPair(site: SiteConfig, stateDirectory: string): Promise<PemPair> {
  const { tls } = site;
  if (tls.kind === 'self-signed') return selfSigned(stateDirectory, site.hosts);
  // Served so until the first certificate is there.
  if (tls.kind === 'acme') return (await orderedPair(tls)) ?? selfSigned(stateDirectory, site.hosts);
  const { certificate, key } = tls;
  const pair = {
    certificate: await readPem(site, 'certificate', certificate),
    key: await readPem(site, 'key', key),
  };
  checkPair(site, pair, certificate, key);
  return pair;
}

async function readPem(site: SiteConfig, what: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const advice = 'check the path and that the user of this process may read it';
    throw new Error(`site ${site.hosts[0]}: tls.${what}: cannot read ${path}; ${advice}`, { cause });
  }
}

function checkPair(site: SiteConfig, pair: PemPair, certificatePath: string, keyPath: string): void {
  const at = `site ${site.hosts[0]}`;
  const certificate = parsed(() => new X509Certificate(pair.certificate));
  if (certificate === undefined) {
    throw new Error(`${at}: tls.certificate: expected a PEM certificate in ${certificatePath}`);
  }
  const key = parsed(() => createPrivateKey(pair.key));
  if (key === undefined) {
    throw new Error(`${at}: tls.key: expected a PEM private key without passphrase in ${keyPath}`);
  }
  if (!certificate.checkPrivateKey(key)) {
    throw new Error(
      `${at}: tls: the key in ${keyPath} is not that of the certificate in ${certificatePath}${adviceOn(keyPath)}`,
    );
  }
}

/** Where systemd puts what a unit loads (LoadCredential=): a renewed key is not copied to a service that runs. */
function adviceOn(keyPath: string): string {
  return keyPath.startsWith('/run/credentials/')
    ? '; systemd copies credentials when the service starts: restart it, or share the key by its group'
    : '';
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    // The caller says what was expected; OpenSSL's own words help nobody.
    return undefined;
  }
}

function contextOf(site: SiteConfig, pair: PemPair, settings: SecureContextOptions): SecureContext {
  try {
    return createSecureContext({ ...settings, cert: pair.certificate, key: pair.key });
  } catch (cause) {
    throw new Error(`site ${site.hosts[0]}: tls: OpenSSL refuses the certificate: ${String(cause)}`, {
      cause,
    });
  }
}
