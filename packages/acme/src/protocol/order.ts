// Orders and authorizations: the resources on the way to a certificate, and waiting until they have moved (RFC 8555 7.4, 7.5).
import * as z from 'zod';
import { AcmeProblem, problemDocument, retryAfterMs } from './problem.ts';
import { readDocument, type Session } from './session.ts';

const url = z.url({ protocol: /^https$/ });

const orderDocument = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
  authorizations: z.array(url),
  finalize: url,
  certificate: url.optional(),
  error: problemDocument.optional(),
});

const challengeDocument = z.object({
  type: z.string(),
  url,
  status: z.string(),
  token: z.string().optional(),
  error: problemDocument.optional(),
});

const authorizationDocument = z.object({
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  identifier: z.object({ type: z.string(), value: z.string() }),
  challenges: z.array(challengeDocument),
});

export type Order = z.output<typeof orderDocument> & { readonly url: string };
export type Authorization = z.output<typeof authorizationDocument>;
export type Challenge = z.output<typeof challengeDocument>;

export interface Patience {
  /** The first wait; each is half as long again, up to ten times as long. */
  readonly pollMs: number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** No poll waits longer, whatever the authority says: the attempt as a whole has an end. */
const LONGEST_WAIT_MS = 60_000;

/** `replaces`: the identifier of the certificate that this one is to follow (RFC 9773 5). */
export async function placeOrder(
  session: Session,
  names: readonly string[],
  replaces: string | undefined,
): Promise<Order> {
  const { newOrder } = await session.directory();
  const identifiers = names.map((value) => ({ type: 'dns', value }));
  const { value, reply } = await session.postFor(newOrder, orderDocument, {
    identifiers,
    ...(replaces === undefined ? {} : { replaces }),
  });
  const location = reply.header('location');
  if (location === undefined) throw new Error(`expected the address of the order from ${newOrder}, got none`);
  return { ...value, url: location };
}

export async function readOrder(session: Session, address: string): Promise<Order> {
  const { value } = await session.postFor(address, orderDocument);
  return { ...value, url: address };
}

export async function readAuthorizations(
  session: Session,
  order: Order,
): Promise<readonly (Authorization & { readonly url: string })[]> {
  const found = [];
  for (const address of order.authorizations) {
    const { value } = await session.postFor(address, authorizationDocument);
    found.push({ ...value, url: address });
  }
  return found;
}

/** Tells the authority that it may look now (RFC 8555 7.5.1). */
export async function respond(session: Session, challenge: Challenge): Promise<void> {
  await session.post(challenge.url, {});
}

/** Resolves when it is no longer pending. */
export function settledAuthorization(
  session: Session,
  address: string,
  patience: Patience,
): Promise<Authorization> {
  return poll(session, address, authorizationDocument, ({ status }) => status !== 'pending', patience);
}

/** Resolves when the order has left these states. */
export async function orderPast(
  session: Session,
  order: Order,
  states: readonly Order['status'][],
  patience: Patience,
): Promise<Order> {
  if (!states.includes(order.status)) return order;
  const left = (now: { readonly status: Order['status'] }): boolean => !states.includes(now.status);
  const moved = await poll(session, order.url, orderDocument, left, patience);
  return { ...moved, url: order.url };
}

/** The order with the request handed in. */
export async function finalize(session: Session, order: Order, request: Buffer): Promise<Order> {
  const { value } = await session.postFor(order.finalize, orderDocument, {
    csr: request.toString('base64url'),
  });
  return { ...value, url: order.url };
}

/** PEM: the certificate, then its intermediates. */
export async function download(session: Session, order: Order): Promise<string> {
  if (order.status !== 'valid' || order.certificate === undefined) throw orderFailed(order);
  const { body } = await session.post(order.certificate);
  return body;
}

function orderFailed({ status, error }: Order): Error {
  return error === undefined
    ? new Error(`expected an order that goes on, got one that is ${status}`)
    : new AcmeProblem(error, 200);
}

async function poll<Schema extends z.ZodType>(
  session: Session,
  address: string,
  schema: Schema,
  done: (value: z.output<Schema>) => boolean,
  { pollMs, wait }: Patience,
): Promise<z.output<Schema>> {
  for (let pauseMs = pollMs; ; pauseMs = Math.min(pauseMs * 1.5, pollMs * 10)) {
    const reply = await session.post(address);
    const value = readDocument(reply, schema, address);
    if (done(value)) return value;
    // An authority that asks for none, or names a time that is past by our clock, would be asked without end.
    const waitMs = Math.max(retryAfterMs(reply, session.now) ?? 0, pauseMs);
    await wait(Math.min(waitMs, LONGEST_WAIT_MS), session.signal);
  }
}
