export { createFront, type Front, type FrontOptions } from './front.ts';
export type { BoundAddress } from './listen/bind.ts';
export type { FrontStatus } from './status.ts';
