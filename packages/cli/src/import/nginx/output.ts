// The Tollgate configuration under way: values that become YAML, and beside each the lines that were not carried over.

export type Values = Record<string, unknown>;

export interface OutRoute {
  readonly path: string;
  /** One of app, upstream, files, redirect, respond. */
  readonly target: Values;
  readonly policy: Values;
  readonly notes: string[];
}

export interface OutSite {
  readonly hosts: string[];
  tls: Values | 'self-signed';
  readonly routes: OutRoute[];
  readonly notes: string[];
}

export interface Output {
  readonly listen: { readonly https: Set<string>; readonly http: Set<string> };
  /** Further keys of the root. */
  readonly root: Values;
  readonly sites: OutSite[];
  /** Before everything else. */
  readonly notes: string[];
}
