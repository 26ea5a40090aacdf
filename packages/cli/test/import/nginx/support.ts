// One server, imported: what the tests look at of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { importNginx } from '../../../src/import/nginx/import.ts';

export interface Route {
  readonly path: string;
  readonly withhold?: readonly string[];
  readonly allow?: readonly string[];
  readonly files?: object;
  readonly respond?: object;
  readonly headers?: object;
  readonly redirect?: object;
  readonly rewrite?: object;
  readonly upstream?: object;
}

export interface Imported {
  readonly yaml: string;
  readonly config: {
    readonly listen: object;
    readonly sites: readonly { readonly routes: readonly Route[] }[];
  };
  /** The first. */
  readonly site: { readonly routes: readonly Route[] } | undefined;
}

/** `lines`: of a server; `others`: around it. */
export function importServer(lines: string, others = ''): Imported {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-import-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, `server { listen 80; server_name a.example; ${lines} } ${others}`);
  const { yaml } = importNginx(file);
  const config: Imported['config'] = parse(yaml);
  return { yaml, config, site: config.sites[0] };
}

/** With what their site says for all of them. */
export function routesOf(lines: string): readonly Route[] {
  const { routes = [], ...shared } = importServer(lines).site ?? {};
  return routes.map((route) => ({ ...shared, ...route }));
}
