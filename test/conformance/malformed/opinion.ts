// What another server does with a case, in words; it is asked once, in one piece, and not judged.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Expected, MalformedCase } from './case.ts';
import type { Recorder } from './recorder.ts';
import { RawConnection, type Destination } from './send.ts';

/** Within it a request that is behind the first answer has reached the target as well. */
const SETTLE_MS = 50;

/** `400`; `204, forwarded GET /a`; `closed`. */
export async function opinionOn(
  malformed: MalformedCase,
  to: Destination,
  recorder: Recorder,
): Promise<string> {
  recorder.take();
  const connection = new RawConnection(to);
  try {
    await connection.send(malformed.bytes, 'whole', malformed.ends);
    await connection.untilAnswers(1);
    await sleep(SETTLE_MS);
    const statuses = connection
      .answers()
      .map(({ status }) => (Number.isNaN(status) ? 'no HTTP' : String(status)));
    const { requests, stray } = recorder.take();
    const lines = requests.map(({ line }) => printable(line));
    const forwarded = lines.length === 0 ? [] : [`forwarded ${lines.join(' and ')}`];
    return [
      ...(statuses.length === 0 ? ['closed'] : statuses),
      ...forwarded,
      ...(stray === '' ? [] : ['stray bytes']),
    ].join(', ');
  } finally {
    connection.destroy();
  }
}

/** What is wanted of Tollgate, in the same words. */
export function wantedOf(expected: Expected): string {
  switch (expected.kind) {
    case 'answered':
      return String(expected.status);
    case 'refused':
      return expected.statuses.join(' or ');
    case 'either':
      return `${expected.statuses.join(' or ')}, or forwarded ${expected.arrivals.map(({ line }) => line).join(' and ')}`;
    case 'forwarded': {
      const then = expected.thenRefused === undefined ? '' : `, then ${expected.thenRefused.join(' or ')}`;
      return `forwarded ${expected.arrivals.map(({ line }) => line).join(' and ')}${then}`;
    }
  }
}

/** A table is for reading: short, and in ASCII. */
function printable(line: string): string {
  const short = line.length > 60 ? `${line.slice(0, 57)}...` : line;
  return short.replaceAll(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
