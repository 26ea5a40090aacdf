// `headers`: fields changed on the way to the target and on the way back, and the preset of security fields.
import { HSTS, type FieldList, type HeadersConfig, type SiteConfig } from '@tollgate/core';
import type { FieldChange, PolicyPart, RequestEdit } from './seam.ts';

export function headersPart(config: HeadersConfig, site: SiteConfig): PolicyPart {
  const edit = editOf(config.request);
  const change = changeOf(config, site);
  return { ...(edit !== undefined && { edit }), ...(change !== undefined && answering(change)) };
}

function editOf({ set, remove }: HeadersConfig['request']): RequestEdit | undefined {
  if (set.length + remove.length === 0) return undefined;
  const unwanted = new Set([...remove, ...set.map(([name]) => name)].map((name) => name.toLowerCase()));
  const added = set.flat();
  return (fields, exchange) => {
    exchange.withholdTrailers(unwanted);
    return [...withoutNames(fields, unwanted), ...added];
  };
}

function withoutNames(fields: readonly string[], unwanted: ReadonlySet<string>): string[] {
  return fields.filter((_, at) => !unwanted.has((fields[at - (at % 2)] ?? '').toLowerCase()));
}

function answering(change: FieldChange): Pick<PolicyPart, 'filter' | 'change'> {
  return {
    change,
    filter: ({ client, connection }, head) => {
      change(head, client?.scheme ?? connection.scheme);
      return undefined;
    },
  };
}

function changeOf({ response, security }: HeadersConfig, site: SiteConfig): FieldChange | undefined {
  const { set, add, remove } = response;
  if (!security && set.length + add.length + remove.length === 0) return undefined;
  const preset = security ? SECURITY : [];
  // A browser that once had the promise would lock its user out behind a warning that cannot be passed.
  const promisesHttps = security && site.tls.kind !== 'self-signed';
  return (head, scheme) => {
    for (const [name, value] of preset) if (!head.has(name)) head.add(name, value);
    if (promisesHttps && scheme === 'https' && !head.has(STS)) head.add(STS, HSTS);
    for (const name of remove) head.remove(name);
    for (const [name, value] of set) head.set(name, value);
    for (const [name, value] of add) head.add(name, value);
  };
}

const STS = 'Strict-Transport-Security';

/** For sites that thought of none: no guessed types, no address of a page told to other sites, no frames of others. */
const SECURITY: FieldList = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
  ['X-Frame-Options', 'SAMEORIGIN'],
];
