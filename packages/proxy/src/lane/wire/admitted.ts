// A request that the gate and the router have let pass, with all that was found out on the way.
import type { Generation } from '../../generation.ts';
import type { Route } from '../../routing/table.ts';
import type { Asker } from './outgoing.ts';
import type { RequestHead } from './requestHead.ts';

export interface Admitted {
  readonly head: RequestHead;
  readonly generation: Generation;
  readonly asker: Asker;
  readonly requestId: string;
  /** `undefined` when the answer needs none: a redirect to https, an unknown host or path. */
  readonly route: Route | undefined;
}
