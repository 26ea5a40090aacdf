// One conversation with an authority: its directory, its nonces, and requests signed by the account's key (RFC 8555 6, 7.1, 7.2).
import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import { publicJwk, signJws } from './jws.ts';
import { AcmeProblem, problemOf } from './problem.ts';
import type { Reply, Transport } from './transport.ts';

const url = z.url({ protocol: /^https$/ });

const directoryDocument = z.object({
  newNonce: url,
  newAccount: url,
  newOrder: url,
  /** Where it suggests when to renew (RFC 9773). */
  renewalInfo: url.optional(),
  meta: z
    .object({ termsOfService: z.string().optional(), externalAccountRequired: z.boolean().optional() })
    .optional(),
});

export type Directory = z.output<typeof directoryDocument>;

export interface SessionOptions {
  readonly transport: Transport;
  readonly directoryUrl: string;
  readonly accountKey: KeyObject;
  /** Ends everything under way. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** An authority may lose nonces in a restart or between its machines; more than this and it is broken. */
const NONCE_TRIES = 10;
/** Each answer brings one; what is more than a few grows stale. */
const KEPT_NONCES = 4;

export class Session {
  readonly #options: SessionOptions;
  readonly #nonces: string[] = [];
  #directory: Promise<Directory> | undefined;
  /** Set once it is known: requests then name the account and not the key. */
  accountUrl: string | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get accountKey(): KeyObject {
    return this.#options.accountKey;
  }

  get now(): number {
    return this.#options.now();
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  directory(): Promise<Directory> {
    this.#directory ??= this.get(this.#options.directoryUrl, directoryDocument).then(({ value }) => value);
    return this.#directory;
  }

  /** Unsigned: directory and renewal information. */
  async get<Schema extends z.ZodType>(
    address: string,
    schema: Schema,
  ): Promise<{ readonly value: z.output<Schema>; readonly reply: Reply }> {
    const reply = await this.#options.transport.send('GET', address, this.signal);
    if (reply.status !== 200) throw problemOf(reply, this.now);
    return { value: readDocument(reply, schema, address), reply };
  }

  /** Signed; without `payload` a POST-as-GET. Rejects with an AcmeProblem for each answer that is no success. */
  async post(address: string, payload?: object): Promise<Reply> {
    for (let tries = 1; ; tries += 1) {
      const reply = await this.#postOnce(address, payload);
      if (reply.status < 400) return reply;
      const problem = problemOf(reply, this.now);
      // RFC 8555 6.5: the refusal itself brings a fresh one.
      if (problem.type !== 'badNonce' || tries === NONCE_TRIES) throw problem;
    }
  }

  /** As `post`, with the answer read. */
  async postFor<Schema extends z.ZodType>(
    address: string,
    schema: Schema,
    payload?: object,
  ): Promise<{ readonly value: z.output<Schema>; readonly reply: Reply }> {
    const reply = await this.post(address, payload);
    return { value: readDocument(reply, schema, address), reply };
  }

  async #postOnce(address: string, payload: object | undefined): Promise<Reply> {
    const { transport, accountKey } = this.#options;
    const nonce = this.#nonces.pop() ?? (await this.#newNonce());
    const who = this.accountUrl === undefined ? { jwk: publicJwk(accountKey) } : { kid: this.accountUrl };
    const jws = signJws(
      accountKey,
      { nonce, url: address, ...who },
      payload === undefined ? '' : JSON.stringify(payload),
    );
    const reply = await transport.send('POST', address, this.signal, jws);
    this.#keepNonce(reply);
    return reply;
  }

  async #newNonce(): Promise<string> {
    const { newNonce } = await this.directory();
    const reply = await this.#options.transport.send('HEAD', newNonce, this.signal);
    if (reply.status >= 400) throw problemOf(reply, this.now);
    this.#keepNonce(reply);
    const nonce = this.#nonces.pop();
    if (nonce === undefined) throw new Error(`expected a Replay-Nonce from ${newNonce}, got none`);
    return nonce;
  }

  #keepNonce(reply: Reply): void {
    const nonce = reply.header('replay-nonce');
    if (nonce !== undefined && this.#nonces.length < KEPT_NONCES) this.#nonces.push(nonce);
  }
}

export function readDocument<Schema extends z.ZodType>(
  { body }: Reply,
  schema: Schema,
  address: string,
): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(body));
  } catch (cause) {
    throw new Error(`expected an answer as RFC 8555 has it from ${address}, got another`, { cause });
  }
}

export function isProblem(error: unknown, ...types: readonly string[]): error is AcmeProblem {
  return error instanceof AcmeProblem && types.includes(error.type);
}
