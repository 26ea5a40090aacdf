// One case sent to one front: what the client got, what the target got, and whether the pair is still in step after it.
import type { MalformedCase } from './case.ts';
import { HOST } from './case.ts';
import type { Recorder, Recorded } from './recorder.ts';
import { RawConnection, type Answer, type Destination, type Split } from './send.ts';

export interface Observation {
  /** Final answers to the case, in order. */
  readonly statuses: readonly number[];
  /** The server ended the connection. */
  readonly closed: boolean;
  readonly arrivals: readonly Recorded[];
  /** Bytes at the target that are no request. */
  readonly stray: string;
  /** What a plain request after it met: exactly one arrival of its own, and a 204. */
  readonly after: string;
}

export const IN_STEP = '204, GET /after';

/** A plain request goes after each case, on the same connection if that is still open: a desync shows there. */
const AFTER = `GET /after HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`;

export async function observe(
  malformed: MalformedCase,
  to: Destination,
  recorder: Recorder,
  split: Split,
): Promise<Observation> {
  recorder.take();
  const connection = new RawConnection(to);
  try {
    await connection.send(malformed.bytes, split, malformed.ends);
    const answers = await answersTo(malformed, connection);
    const saysClose =
      answers.at(-1)?.fields.some((field) => field.toLowerCase() === 'connection: close') ?? true;
    if (saysClose) await connection.untilEnded();
    const closed = connection.ended;
    const { requests, stray } = recorder.take();
    const after = await sendAfter(closed ? undefined : connection, to, recorder);
    return {
      statuses: answers.map(({ status }) => status),
      closed,
      arrivals: requests,
      stray: stray + after.stray,
      after: after.text,
    };
  } finally {
    connection.destroy();
  }
}

async function answersTo({ expected }: MalformedCase, connection: RawConnection): Promise<readonly Answer[]> {
  if (expected.kind === 'answered') return connection.untilAnswers(1);
  if (expected.kind === 'refused') return connection.untilEnded();
  const answers = await connection.untilAnswers(expected.arrivals.length);
  const refused = answers.some(({ status }) => status >= 400);
  const ends = refused || (expected.kind === 'forwarded' && expected.thenRefused !== undefined);
  return ends ? connection.untilEnded() : answers;
}

async function sendAfter(
  open: RawConnection | undefined,
  to: Destination,
  recorder: Recorder,
): Promise<{ readonly text: string; readonly stray: string }> {
  const before = open?.answers().length ?? 0;
  const connection = open ?? new RawConnection(to);
  try {
    await connection.send(AFTER, 'whole');
    const answers = (await connection.untilEnded()).slice(before);
    const { requests, stray } = recorder.take();
    const seen = [...answers.map(({ status }) => String(status)), ...requests.map(({ line }) => line)];
    return { text: seen.join(', '), stray };
  } finally {
    connection.destroy();
  }
}
