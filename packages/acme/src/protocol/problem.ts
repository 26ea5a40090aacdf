// What an authority answers when it says no (RFC 8555 6.7, RFC 9457), as an error that a person can act on.
import * as z from 'zod';
import { printable } from '../printable.ts';
import type { Reply } from './transport.ts';

/** A sentence or two; more is told elsewhere. */
const LONGEST_PART = 500;

const PREFIX = 'urn:ietf:params:acme:error:';

const identifier = z.object({ value: z.string() });

/** A problem document, or as much of it as is there. */
export const problemDocument = z.object({
  type: z.string().default('about:blank'),
  detail: z.string().default('no reason given'),
  instance: z.string().optional(),
  subproblems: z
    .array(z.object({ type: z.string(), detail: z.string().default(''), identifier: identifier.optional() }))
    .default([]),
});

export type ProblemDocument = z.output<typeof problemDocument>;

export class AcmeProblem extends Error {
  override readonly name = 'AcmeProblem';
  /** Without its prefix: `badNonce`, `rateLimited`, …; `about:blank` when it gave none. */
  readonly type: string;
  readonly status: number;
  /** How long it wants to be left alone; `undefined` when it did not say. */
  readonly retryAfterMs: number | undefined;

  constructor(document: ProblemDocument, status: number, retryAfterMs?: number) {
    super(textOf(document));
    this.type = withoutPrefix(document.type);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export function problemOf(reply: Reply, now: number): AcmeProblem {
  const given = problemDocument.safeParse(parsed(reply.body));
  const document = given.success
    ? given.data
    : problemDocument.parse({ detail: `an answer of status ${reply.status} without a reason` });
  return new AcmeProblem(document, reply.status, retryAfterMs(reply, now));
}

/** Seconds or a date (RFC 9110 10.2.3). */
export function retryAfterMs(reply: Reply, now: number): number | undefined {
  const value = reply.header('retry-after');
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // V8 makes a date of nearly everything; the one of RFC 9110 5.6.7 ends so.
  const ms = value.endsWith(' GMT') ? Date.parse(value) - now : Number.NaN;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page in place of JSON: the status is told instead.
    return undefined;
  }
}

function textOf({ type, detail, instance, subproblems }: ProblemDocument): string {
  const parts = subproblems.map(
    (part) => `${part.identifier?.value ?? 'one name'}: ${part.detail} (${withoutPrefix(part.type)})`,
  );
  const link = instance === undefined ? '' : `, see ${instance}`;
  return [`${detail} (${withoutPrefix(type)}${link})`, ...parts]
    .map((part) => printable(part, LONGEST_PART))
    .join('; ');
}

function withoutPrefix(type: string): string {
  return type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type;
}
