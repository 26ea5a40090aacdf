// The certificates of the configuration as checks: how long each lasts, and whether those that are ordered come.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { inspectCertificate, type KeptCertificate } from '@tollgate/acme';
import type { Config, SiteConfig, TlsSource } from '@tollgate/core';
import type { Check } from '@tollgate/host';

type Ordered = Extract<TlsSource, { kind: 'acme' }>;
type Files = Extract<TlsSource, { kind: 'files' }>;

const DAY_MS = 86_400_000;
/** Time enough to renew by hand. */
const SOON_DAYS = 7;
const FILES_FIX = 'renew it where it comes from; changed files are noticed';
const ORDERED_FIX = 'read why above and in the event log, mend it, then: tollgate reload';

export function certificateChecks({ sites }: Config, now = Date.now()): Promise<readonly Check[]> {
  const checks = sites.map((site) => checkOf(site, now));
  return Promise.all(checks).then((all) => all.filter((check) => check !== undefined));
}

async function checkOf(site: SiteConfig, now: number): Promise<Check | undefined> {
  const { tls } = site;
  if (tls.kind === 'self-signed') return undefined;
  try {
    return tls.kind === 'acme' ? await ordered(site, tls, now) : await fromFiles(site, tls, now);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const meaning = `the certificate of ${nameOf(site)} cannot be read (${code})`;
    return check('unknown', meaning, null, 'run the doctor as the user who serves the site');
  }
}

async function fromFiles(site: SiteConfig, { certificate }: Files, now: number): Promise<Check> {
  const end = new X509Certificate(await readFile(certificate)).validToDate.getTime();
  const days = Math.floor((end - now) / DAY_MS);
  return lasting(site, days, days < SOON_DAYS ? FILES_FIX : null);
}

async function ordered(site: SiteConfig, tls: Ordered, now: number): Promise<Check> {
  const kept = await inspectCertificate(tls);
  if (kept.notAfter === undefined) {
    const meaning = `${nameOf(site)} has no certificate yet and is served with a self-signed one${becauseOf(kept)}`;
    return check('warn', meaning, null, ORDERED_FIX);
  }
  const days = Math.floor((kept.notAfter - now) / DAY_MS);
  if (kept.failures === 0 || kept.notAfter < now)
    return lasting(site, days, days < 0 ? ORDERED_FIX : null, becauseOf(kept));
  return check(
    'warn',
    `the certificate of ${nameOf(site)} is not renewed${becauseOf(kept)}`,
    days,
    ORDERED_FIX,
  );
}

/** `fix`: null when there is nothing to mend. */
function lasting(site: SiteConfig, days: number, fix: string | null, because = ''): Check {
  if (days < 0) return check('fail', `the certificate of ${nameOf(site)} has expired${because}`, days, fix);
  return check(
    fix === null ? 'ok' : 'warn',
    `the certificate of ${nameOf(site)} lasts ${days} days`,
    days,
    fix,
  );
}

function becauseOf({ why, failures }: KeptCertificate): string {
  return why === undefined || failures === 0 ? '' : `; ${failures} attempts failed, the last: ${why}`;
}

function nameOf({ hosts }: SiteConfig): string {
  return hosts[0] ?? '*';
}

function check(status: Check['status'], meaning: string, days: number | null, fix: string | null): Check {
  return {
    id: 'certificate',
    status,
    value: days,
    limit: days === null ? null : SOON_DAYS,
    unit: days === null ? '' : 'days',
    meaning,
    fix,
    confidence: 'high',
  };
}
