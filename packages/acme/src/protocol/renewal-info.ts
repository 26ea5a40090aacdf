// When the authority would have a certificate renewed: ARI (RFC 9773). It says so also before a mass revocation.
import * as z from 'zod';
import { retryAfterMs } from './problem.ts';
import type { Session } from './session.ts';

export interface RenewalWindow {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
}

export interface RenewalAdvice {
  readonly window: RenewalWindow;
  /** Ask again after this. */
  readonly askAgainMs: number;
  /** A page for people, when there is a reason. */
  readonly explanation: string | undefined;
}

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const renewalDocument = z.object({
  suggestedWindow: z.object({ start: moment, end: moment }),
  explanationURL: z.string().optional(),
});

const HOUR_MS = 3_600_000;
/** RFC 9773 4.3.2: what to do without, and the bounds for one that is out of its mind. */
const ASK_AGAIN_MS = 6 * HOUR_MS;
const SOONEST_MS = 60_000;
const LATEST_MS = 24 * HOUR_MS;

/** `undefined`: this authority gives no advice. */
export async function readRenewalAdvice(
  session: Session,
  certificateId: string,
): Promise<RenewalAdvice | undefined> {
  const { renewalInfo } = await session.directory();
  if (renewalInfo === undefined) return undefined;
  const address = `${renewalInfo.replace(/\/$/, '')}/${certificateId}`;
  const { value, reply } = await session.get(address, renewalDocument);
  const { start, end } = value.suggestedWindow;
  if (end <= start) throw new Error(`expected a window that ends after its start from ${address}`);
  const asked = retryAfterMs(reply, session.now) ?? ASK_AGAIN_MS;
  return {
    window: { start, end },
    askAgainMs: Math.min(Math.max(asked, SOONEST_MS), LATEST_MS),
    explanation: value.explanationURL,
  };
}
