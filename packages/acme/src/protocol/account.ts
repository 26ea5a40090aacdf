// The account: found by its key, made when there is none, told of new contacts (RFC 8555 7.3).
import * as z from 'zod';
import { macJws, publicJwk } from './jws.ts';
import { isProblem, type Session } from './session.ts';

/** The account that the authority knows already by other means. */
interface ExternalAccount {
  readonly id: string;
  readonly secret: Buffer;
}

export interface AccountWish {
  /** `mailto:` addresses. */
  readonly contacts: readonly string[];
  readonly externalAccount: ExternalAccount | undefined;
}

/** What is kept of it between two starts. */
export interface KnownAccount {
  readonly url: string;
  readonly contacts: readonly string[];
}

const accountDocument = z.object({ status: z.string() });

/** Signs the session in. Rejects when the authority will not have us, with its reason. */
export async function signIn(
  session: Session,
  wish: AccountWish,
  known: KnownAccount | undefined,
): Promise<KnownAccount> {
  if (known === undefined) return register(session, wish);
  session.accountUrl = known.url;
  if (sameContacts(known.contacts, wish.contacts)) return known;
  try {
    await session.post(known.url, { contact: wish.contacts });
    return { url: known.url, contacts: wish.contacts };
  } catch (error) {
    // A private authority that lost its memory is told who we are once more.
    if (!isProblem(error, 'accountDoesNotExist')) throw error;
    return register(session, wish);
  }
}

/** With a key that it knows the authority answers with the account that is there. */
export async function register(session: Session, wish: AccountWish): Promise<KnownAccount> {
  const { newAccount, meta } = await session.directory();
  const { externalAccount, contacts } = wish;
  if (meta?.externalAccountRequired === true && externalAccount === undefined) {
    throw new Error('the authority wants an account of its own: set acme.externalAccount');
  }
  session.accountUrl = undefined;
  const { value, reply } = await session.postFor(newAccount, accountDocument, {
    termsOfServiceAgreed: true,
    contact: contacts,
    ...(externalAccount === undefined
      ? {}
      : { externalAccountBinding: binding(session, externalAccount, newAccount) }),
  });
  const url = reply.header('location');
  if (url === undefined) throw new Error(`expected the address of the account from ${newAccount}, got none`);
  if (value.status !== 'valid') throw new Error(`the account ${url} is ${value.status}`);
  session.accountUrl = url;
  return { url, contacts };
}

function binding(session: Session, { id, secret }: ExternalAccount, newAccount: string): object {
  return macJws(secret, { kid: id, url: newAccount }, JSON.stringify(publicJwk(session.accountKey)));
}

function sameContacts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((contact, index) => contact === b[index]);
}
