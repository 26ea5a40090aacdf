// What a certificate authority asks while it looks whether the hosts are ours, and our answers. Empty nearly always: then
// asking costs a comparison.
import { createSecureContext, type SecureContext } from 'node:tls';
import type { AcmeChallenge } from '@tollgate/core';
import type { PreparedAnswer } from '../target/prepared.ts';

/** RFC 8555 8.3. */
const PREFIX = '/.well-known/acme-challenge/';

export class ChallengeBoard {
  #answers: ReadonlyMap<string, PreparedAnswer> = new Map();
  #contexts: ReadonlyMap<string, SecureContext> = new Map();

  /** Replaces the whole set. Throws when a certificate in it cannot be used; then the last set holds. */
  put(challenges: readonly AcmeChallenge[]): void {
    const answers = new Map<string, PreparedAnswer>();
    const contexts = new Map<string, SecureContext>();
    for (const challenge of challenges) {
      if (challenge.kind === 'http-01') {
        answers.set(keyOf(challenge.host, PREFIX + challenge.token), answerOf(challenge.keyAuthorization));
      } else {
        const { certificate, key } = challenge;
        contexts.set(challenge.host, createSecureContext({ cert: certificate, key }));
      }
    }
    this.#answers = answers;
    this.#contexts = contexts;
  }

  /** Whether any host is asked for by TLS. */
  get asksByTls(): boolean {
    return this.#contexts.size > 0;
  }

  contextOf(serverName: string): SecureContext | undefined {
    return this.#contexts.get(serverName.toLowerCase());
  }

  /** Host and path canonical, as the gate gives them. */
  answerTo(host: string, path: string): PreparedAnswer | undefined {
    return this.#answers.size === 0 ? undefined : this.#answers.get(keyOf(host, path));
  }
}

function keyOf(host: string, path: string): string {
  return `${host} ${path}`;
}

function answerOf(keyAuthorization: string): PreparedAnswer {
  const fields = ['Content-Type', 'application/octet-stream', 'Cache-Control', 'no-store'];
  return { status: 200, fields, body: Buffer.from(keyAuthorization) };
}
