// What holds for every request of one route, decided when the table is compiled.
import type { RouteConfig } from '@tollgate/core';

export interface RoutePolicy {
  /** Of the route, as configured. */
  readonly path: string;
  /** Largest request body in bytes; more is refused with 413. */
  readonly bodyBytes: number;
}

export function compilePolicy(route: RouteConfig): RoutePolicy {
  return { path: route.path, bodyBytes: route.bodyBytes };
}
