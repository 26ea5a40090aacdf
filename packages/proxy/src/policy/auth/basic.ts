// `auth.basic` (RFC 7617): a name and a password with each request.
import { readFile } from 'node:fs/promises';
import { parsePasswordHash, parseUsers, type BasicAuthConfig, type PasswordHash } from '@tollgate/core';
import { retryAfter } from '../retryAfter.ts';
import type { PolicyExchange, PolicyPart, StepOutcome } from '../seam.ts';
import type { PasswordOutcome, Passwords } from './passwords.ts';
import { refuseRepeated } from './repeated.ts';

type Users = ReadonlyMap<string, PasswordHash>;

/** Rejects when the file of users cannot be read, or has nobody in it. */
export async function basicAuthPart(config: BasicAuthConfig, passwords: Passwords): Promise<PolicyPart> {
  const users = await usersOf(config);
  const [anybody] = users.values();
  if (anybody === undefined) throw new Error('auth.basic: expected at least one user, got none');
  const challenge = ['WWW-Authenticate', `Basic realm="${config.realm}", charset="UTF-8"`];
  return {
    step: (exchange) => {
      const repeated = refuseRepeated(exchange);
      if (repeated !== undefined) return repeated;
      const given = credentialsIn(exchange.request.headers.authorization);
      if (given === undefined) return refuse(exchange, 'credentials-missing', challenge);
      const [name, password] = given;
      const hash = users.get(name);
      const outcome = passwords.check(name, password, hash ?? anybody, hash !== undefined);
      if (typeof outcome === 'string') return judge(exchange, outcome, challenge);
      return outcome.then((later) => judge(exchange, later, challenge));
    },
  };
}

async function usersOf({ users, file }: BasicAuthConfig): Promise<Users> {
  const inline = users.map(([name, hash]) => [name, parsePasswordHash(hash)] as const);
  const text = file === undefined ? '' : await readFile(file, 'utf8');
  const listed = parseUsers(text).map(({ name, hash }) => [name, hash] as const);
  return new Map(
    [...listed, ...inline].flatMap(([name, hash]) => (hash === undefined ? [] : [[name, hash]])),
  );
}

/** `undefined`: none that could be meant, such as those of another scheme. */
function credentialsIn(authorization: string | undefined): [name: string, password: string] | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]{1,4096}={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  // Control characters are not allowed (RFC 7617 section 2), and some hashes would end at a NUL.
  return colon < 0 || /\p{Cc}/u.test(text) ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}

function judge(
  exchange: PolicyExchange,
  outcome: PasswordOutcome,
  challenge: readonly string[],
): StepOutcome {
  if (outcome === 'right') return 'goes-on';
  if (outcome === 'wrong') return refuse(exchange, 'credentials-wrong', challenge);
  return refuse(exchange, 'overloaded', retryAfter(1000));
}

function refuse(
  exchange: PolicyExchange,
  code: 'credentials-missing' | 'credentials-wrong' | 'overloaded',
  fields: readonly string[],
): StepOutcome {
  exchange.refuse(code, fields);
  return 'answered';
}
