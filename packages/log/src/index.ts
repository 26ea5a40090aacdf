export { createEventLog, type EventLog, type EventLogOptions, type OwnedEventLog } from './event/log.ts';
export {
  createRequestLog,
  type RequestLog,
  type RequestLogCounters,
  type RequestLogOptions,
} from './request/log.ts';
export type { RequestRecord } from './request/record.ts';
