// The two logs as the front uses them; `@tollgate/log` makes both.
import type { EventLog as PinoLike, RequestLog as FullRequestLog } from '@tollgate/log';

/** `enabled` spares the record of a log that is off. */
export type RequestLog = Pick<FullRequestLog, 'enabled' | 'write' | 'counters' | 'configure'>;

export type EventLog = Pick<PinoLike, 'info' | 'warn' | 'error'>;
