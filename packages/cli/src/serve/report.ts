// What one serving process says of itself. Plain data: a worker sends it over IPC.
import type { RequestLogCounters } from '@tollgate/log';
import type { FrontStatus } from '@tollgate/proxy';

export interface ProcessReport {
  readonly memoryBytes: number;
  readonly cpuMicros: number;
  readonly requestLog: RequestLogCounters & { readonly mode: string };
  readonly eventsLost: number;
  readonly front: FrontStatus;
}
