// Which core serves and which drives: the server has one to itself, like the small server it stands for.
import { availableParallelism } from 'node:os';

export interface Cores {
  readonly server: number;
  readonly generator: number;
  /** One core for both: the generator takes time from what it measures. */
  readonly shared: boolean;
}

export function chooseCores(count: number = availableParallelism()): Cores {
  return { server: 0, generator: count > 1 ? 1 : 0, shared: count < 2 };
}
