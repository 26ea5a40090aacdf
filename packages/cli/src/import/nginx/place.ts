// Where routes are to stand, and what whoever makes them has to know.
import type { Ledger } from './ledger.ts';
import type { Scope } from './scope.ts';
import type { Pools } from './upstream.ts';

export interface Context {
  readonly ledger: Ledger;
  readonly pools: Pools;
  /** `location @name` blocks of the server. */
  readonly named: ReadonlyMap<string, Scope>;
  /** What the client speaks when a route answers it. */
  readonly scheme: 'http' | 'https';
  readonly differences: Set<string>;
}

export interface Place {
  readonly scope: Scope;
  /** Where the routes stand; a prefix that ends within a segment becomes two. */
  readonly paths: readonly string[];
  /** What nginx takes away where it puts another path in its place; `undefined`: no location. */
  readonly prefix: string | undefined;
  readonly took: string | undefined;
  readonly rank: number;
  readonly notes: readonly string[];
  /** Patterns of what nobody gets here. */
  readonly withheld: readonly string[];
}
