// The Tollgate configuration under way: values that become YAML, and beside each the lines that were not carried over.

export type Values = Record<string, unknown>;

export const isRecord = (value: unknown): value is Values => typeof value === 'object' && value !== null;

export interface OutRoute {
  readonly path: string;
  /** One of app, upstream, files, redirect, respond. */
  readonly target: Values;
  readonly policy: Values;
  readonly notes: string[];
  /** What the location took in nginx, as a pattern; without it no location is behind the route. */
  readonly took?: string;
  /** Of routes for one path the least counts: `=` is 0, a pattern 1, a prefix 2, what a prefix takes beside itself 3. */
  readonly rank?: number;
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
  /** What is not as in nginx though its lines were carried over, each once. */
  readonly differences: Set<string>;
}
