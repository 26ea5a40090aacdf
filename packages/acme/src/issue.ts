// One certificate from order to chain (RFC 8555 7.4). Each step may be the last before a crash: the order and its key are
// kept before anything depends on them, and the next attempt goes on where this one ended.
import type { AcmeChallenge, ChallengeKind } from '@tollgate/core';
import { pairOf, type CertificatePair } from './certificate/pair.ts';
import { certificateRequest, newKey } from './certificate/request.ts';
import { tlsAlpnChallenge } from './certificate/validation.ts';
import { register, type AccountWish, type KnownAccount } from './protocol/account.ts';
import { keyAuthorization } from './protocol/jws.ts';
import {
  download,
  finalize,
  orderPast,
  placeOrder,
  readAuthorizations,
  readOrder,
  respond,
  settledAuthorization,
  type Authorization,
  type Challenge,
  type Order,
  type Patience,
} from './protocol/order.ts';
import { AcmeProblem } from './protocol/problem.ts';
import { isProblem, type Session } from './protocol/session.ts';
import type { Progress } from './state/progress.ts';

type KeptOrder = NonNullable<Progress['order']>;

export interface Issue {
  /** Signed in. */
  readonly session: Session;
  readonly account: AccountWish;
  /** In ASCII, lower case, no wildcards. */
  readonly names: readonly string[];
  /** The certificate that this one follows, as RFC 9773 4.1 names it. */
  readonly replaces: string | undefined;
  readonly challenge: ChallengeKind;
  readonly order: KeptOrder | undefined;
  readonly patience: Patience;
  /** Resolves when it would survive a crash. */
  readonly keepOrder: (order: KeptOrder | undefined) => Promise<void>;
  readonly keepAccount: (account: KnownAccount) => Promise<void>;
  /** The whole set, in place of the last. Resolves when every process of the front answers them. */
  readonly publish: (challenges: readonly AcmeChallenge[]) => Promise<void>;
}

/** The authority looked and did not find what it should have. */
export class ValidationFailure extends Error {
  override readonly name = 'ValidationFailure';
}

/** An order with the key that its certificate will have. */
interface Begun {
  readonly order: Order;
  readonly key: string;
}

/** Rejects with the authority's reason, a ValidationFailure, or what the network said. */
export async function issue(how: Issue): Promise<CertificatePair> {
  const resumed = await resume(how);
  if (resumed === undefined) return complete(how, await begin(how));
  try {
    return await complete(how, resumed);
  } catch (error) {
    if (!(error instanceof ValidationFailure)) throw error;
    // The authority may have looked while nobody was there to answer.
    return complete(how, await begin(how));
  }
}

async function complete(how: Issue, { order, key }: Begun): Promise<CertificatePair> {
  const { session, patience, names } = how;
  await authorize(how, order);
  const ready = await orderPast(session, order, ['pending'], patience);
  const handedIn =
    ready.status === 'ready' ? await finalize(session, ready, await certificateRequest(names, key)) : ready;
  const issued = await orderPast(session, handedIn, ['pending', 'ready', 'processing'], patience);
  return accept(how, key, await download(session, issued));
}

/** Whatever is wrong with the chain, its order can give no other. */
async function accept({ names, keepOrder }: Issue, key: string, chain: string): Promise<CertificatePair> {
  try {
    return pairOf(key, chain, names);
  } catch (error) {
    await keepOrder(undefined);
    throw error;
  }
}

async function begin(how: Issue): Promise<Begun> {
  const order = await orderAnew(how);
  const key = newKey();
  await how.keepOrder({ url: order.url, key });
  return { order, key };
}

/** `undefined`: there is none, it is no longer there, or it leads nowhere. */
async function resume({ session, order: kept }: Issue): Promise<Begun | undefined> {
  if (kept === undefined) return undefined;
  try {
    const order = await readOrder(session, kept.url);
    return order.status === 'invalid' ? undefined : { order, key: kept.key };
  } catch (error) {
    if (error instanceof AcmeProblem && error.status < 500 && error.status !== 429) return undefined;
    throw error;
  }
}

async function orderAnew(how: Issue): Promise<Order> {
  const { session, names, replaces } = how;
  try {
    return await placeOrder(session, names, replaces);
  } catch (error) {
    if (isProblem(error, 'accountDoesNotExist')) {
      // A private authority that lost its memory, and the old certificate with it.
      await how.keepAccount(await register(session, how.account));
      return placeOrder(session, names, undefined);
    }
    // Replaced already, or of another account: an order like any other is as good.
    const refused = isProblem(error, 'alreadyReplaced', 'malformed', 'unauthorized', 'conflict');
    if (replaces === undefined || !refused) throw error;
    return placeOrder(session, names, undefined);
  }
}

interface Question {
  readonly address: string;
  readonly host: string;
  readonly challenge: Challenge;
}

async function authorize(how: Issue, order: Order): Promise<void> {
  if (order.status !== 'pending') return;
  const authorizations = await readAuthorizations(how.session, order);
  const open = authorizations.filter(({ status }) => status !== 'valid');
  for (const { status, identifier } of open) {
    if (status !== 'pending')
      throw new ValidationFailure(`${identifier.value}: expected a pending authorization, got ${status}`);
  }
  const questions = open.map((authorization) => questionOf(authorization, how.challenge));
  await how.publish(await Promise.all(questions.map((question) => answerOf(how.session, question))));
  for (const { challenge } of questions) {
    if (challenge.status === 'pending') await respond(how.session, challenge);
  }
  await settle(how, questions);
}

function questionOf(
  authorization: Authorization & { readonly url: string },
  preferred: ChallengeKind,
): Question {
  const { url, identifier, challenges } = authorization;
  const of = (kind: ChallengeKind): Challenge | undefined => challenges.find(({ type }) => type === kind);
  const challenge = of(preferred) ?? of('http-01') ?? of('tls-alpn-01');
  if (challenge !== undefined) return { address: url, host: identifier.value, challenge };
  const offered = challenges.map(({ type }) => type).join(', ') || 'none';
  throw new Error(`${identifier.value}: expected http-01 or tls-alpn-01 to be offered, got ${offered}`);
}

async function answerOf(session: Session, { host, challenge }: Question): Promise<AcmeChallenge> {
  const { token, type } = challenge;
  if (token === undefined || !/^[\w-]{1,512}$/.test(token)) {
    throw new Error(`${host}: expected a token in base64url (RFC 8555 8.1), got none`);
  }
  const proof = keyAuthorization(token, session.accountKey);
  if (type === 'tls-alpn-01') return tlsAlpnChallenge(host, proof);
  return { kind: 'http-01', host, token, keyAuthorization: proof };
}

/** Waits for all of them, so that every name that failed is told. */
async function settle({ session, patience }: Issue, questions: readonly Question[]): Promise<void> {
  const failed: string[] = [];
  for (const { address, host, challenge } of questions) {
    const { status, challenges } = await settledAuthorization(session, address, patience);
    if (status === 'valid') continue;
    const error = challenges.find(({ type }) => type === challenge.type)?.error;
    const reason = error === undefined ? status : new AcmeProblem(error, 200).message;
    failed.push(`${host}: ${challenge.type}: ${reason}`);
  }
  if (failed.length > 0) throw new ValidationFailure(failed.join('; '));
}
