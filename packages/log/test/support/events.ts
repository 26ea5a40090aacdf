// An event log that keeps its lines for the test to read.
import { onTestFinished } from 'vitest';
import { createEventLog, type EventLog } from '../../src/index.ts';
import { fakeSink } from './fake-sink.ts';

export interface KeptEvents {
  readonly log: EventLog;
  lines(): Record<string, unknown>[];
}

export function keptEvents(): KeptEvents {
  const sink = fakeSink();
  const events = createEventLog({ level: 'debug', sink });
  onTestFinished(() => events.close());
  return {
    log: events.log,
    lines: () =>
      sink
        .taken()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
  };
}
