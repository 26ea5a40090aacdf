export { createFront, type Front, type FrontOptions } from './front.ts';
export {
  addHistograms,
  BOUNDS_MS,
  Histogram,
  NO_DURATIONS,
  type HistogramFigures,
} from './figures/histogram.ts';
export { STATUS_CLASSES, type RouteFigures } from './figures/route.ts';
export type { Purge } from './cache/caches.ts';
export { ACCEPT_BACKLOG, type BoundAddress } from './listen/bind.ts';
export type { FrontStatus } from './status.ts';
