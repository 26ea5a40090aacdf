// How far one certificate has come: the order under way, and what went wrong how often. It survives restarts, so that a
// service that is started again and again does not ask the authority each time.
import type { ChallengeKind } from '@tollgate/core';
import * as z from 'zod';
import type { StateDirectory } from './directory.ts';

const progress = z.object({
  /** Attempts that failed since the last one that did not. */
  failures: z.int().min(0),
  /** Attempts that were begun and never ended: the process died in them. */
  cutShort: z.int().min(0),
  /** Milliseconds since 1970; 0: at once. */
  nextTryAt: z.number(),
  /** Until when the authority asked to be left alone; 0: it did not. */
  askedToWaitUntil: z.number(),
  /** When the last attempt began or failed, or the certificate came: what the times above were counted from. */
  lastTryAt: z.number(),
  why: z.string().optional(),
  /** What to try next, when it is not the first that is allowed. */
  challenge: z.enum(['http-01', 'tls-alpn-01'] satisfies ChallengeKind[]).optional(),
  order: z.object({ url: z.url({ protocol: /^https$/ }), key: z.string() }).optional(),
});

export type Progress = z.output<typeof progress>;

export const NO_PROGRESS: Progress = {
  failures: 0,
  cutShort: 0,
  nextTryAt: 0,
  askedToWaitUntil: 0,
  lastTryAt: 0,
};

/** A last attempt in the future was noted by a clock that ran ahead: the waits that followed from it begin now. */
export function byThisClock(noted: Progress, now: number): Progress {
  const ahead = noted.lastTryAt - now;
  if (ahead <= 0) return noted;
  return {
    ...noted,
    lastTryAt: now,
    nextTryAt: Math.max(0, noted.nextTryAt - ahead),
    askedToWaitUntil: Math.max(0, noted.askedToWaitUntil - ahead),
  };
}

/** What cannot be read counts as none. */
export async function readProgress(directory: StateDirectory, name: string): Promise<Progress> {
  const kept = await directory.read(name);
  if (kept === undefined) return NO_PROGRESS;
  try {
    return progress.parse(JSON.parse(kept));
  } catch {
    // Edited by hand or from another version: the order is lost, and nothing else.
    return NO_PROGRESS;
  }
}

export async function keepProgress(
  directory: StateDirectory,
  name: string,
  current: Progress,
): Promise<void> {
  await directory.write(name, `${JSON.stringify(current)}\n`);
}
