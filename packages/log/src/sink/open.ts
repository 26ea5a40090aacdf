// Which sink a destination of the configuration gets.
import type { RequestLogDestination } from '@tollgate/core';
import { openDescriptor } from './descriptor.ts';
import { openFile } from './file.ts';
import { openJournal } from './journal.ts';
import type { Sink } from './sink.ts';

const STDOUT = 1;

/** Throws the system's error when a file cannot be opened: a log that can never work is a fault of the configuration. */
export function openSink(to: RequestLogDestination): Sink {
  if (to === 'stdout') return openDescriptor(STDOUT);
  if (to === 'journald') return openJournal();
  return openFile(to.file);
}
