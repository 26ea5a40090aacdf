// The heads that the wire lane writes: to an upstream, and to the client. The rules are core's; where a part is the same
// for every request of a connection, it is asked for once and kept as text.
import { STATUS_CODES } from 'node:http';
import {
  identifyClient,
  requestFields,
  tierFields,
  viaField,
  type Accepted,
  type Client,
  type Trust,
} from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import { microsText } from './clock.ts';
import type { RequestHead } from './requestHead.ts';

/** Who asks, and the lines that tell an upstream so. */
export interface Asker {
  readonly client: Client;
  /** Lines up to the request id's value, and from there up to the time's. */
  readonly beforeId: string;
  readonly beforeStart: string;
}

/** Stands for the request id in the kept lines; no field value can hold it. */
const ID = '\0';
/** Stands for the time at which the request came. */
const START = 0;

/** Makes the lines once per authority; only a trusted peer's claims can make them differ between requests. */
export class Askers {
  readonly #connection: ClientConnection;
  readonly #trust: Trust;
  readonly #nextId: () => string;
  /** The peer is one of `trustedProxies`. */
  readonly peerTrusted: boolean;
  /** The client's, for Via. */
  readonly #version: '1.1' | '2.0';
  #kept: Asker | undefined;

  constructor(connection: ClientConnection, trust: Trust, nextId: () => string) {
    this.#version = connection.protocol === 'h2' ? '2.0' : '1.1';
    this.#connection = connection;
    this.#trust = trust;
    this.#nextId = nextId;
    this.peerTrusted = this.#identify('', []).peerTrusted;
  }

  /** `forwarding`: what a trusted peer says of the client, among other fields or not. */
  of(authority: string, forwarding: readonly string[]): Asker {
    if (forwarding.length > 0) return this.#asker(this.#identify(authority, forwarding));
    const kept = this.#kept;
    if (kept !== undefined && kept.client.authority === authority) return kept;
    return (this.#kept = this.#asker(this.#identify(authority, [])));
  }

  /** Of this request: a trusted peer's, if it gave one. */
  requestId(asked: Asker): string {
    return asked === this.#kept ? this.#nextId() : asked.client.requestId;
  }

  #identify(authority: string, rawHeaders: readonly string[]): Client {
    const { peer, scheme } = this.#connection;
    const address = peer.address === '' ? undefined : peer.address;
    return identifyClient({ peer: address, scheme, authority, rawHeaders }, this.#trust, this.#nextId);
  }

  #asker(client: Client): Asker {
    const fields = requestFields(NOTHING, [], { ...client, requestId: ID }, this.#version);
    fields.push(...tierFields(this.#connection.tls?.forwarded, START));
    // Host, which begins them, is written with the request line; the start is the last value.
    const [beforeId = '', beforeStart = ''] = linesOf(fields.slice(2)).split(ID);
    return { client, beforeId, beforeStart: beforeStart.slice(0, -`${START}\r\n`.length) };
  }
}

const NOTHING: Accepted = {
  kind: 'accepted',
  method: 'GET',
  form: 'origin',
  host: '',
  port: undefined,
  authority: '',
  path: '/',
  query: undefined,
  target: '/',
  body: 'none',
  contentLength: undefined,
  close: false,
  expectContinue: false,
  upgrade: undefined,
};

/** Bytes up to this go out as one string with what precedes them; more are cheaper to copy as a buffer. */
export const TEXT_BYTES = 8 * 1024;

export const linesOf = (fields: readonly string[]): string => {
  let lines = '';
  for (let at = 0; at + 1 < fields.length; at += 2) lines += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return lines;
};

/** Canonical `host[:port]` as the gate writes it: without the port that the scheme means anyway. */
export const authorityText = (head: RequestHead, scheme: 'http' | 'https'): string => {
  const { host, port } = head.authority;
  return port === undefined || port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
};

export const upstreamHead = (
  head: Forwarded,
  host: string,
  { asker, requestId }: Told,
  start: number,
): string => {
  const { beforeId, beforeStart } = asker;
  return `${head.method} ${head.target} HTTP/1.1\r\nHost: ${host}\r\n${head.lines}${beforeId}${requestId}${beforeStart}${microsText(start)}\r\n\r\n`;
};

/** Of a request: what goes on of it as it came. */
type Forwarded = Pick<RequestHead, 'method' | 'target' | 'lines'>;

/** What an upstream is told of the request besides what the client said. */
interface Told {
  readonly asker: Asker;
  readonly requestId: string;
}

const lineOf = (status: number, reason: string): string => `HTTP/1.1 ${status} ${reason}\r\n`;

const STATUS_LINES: ReadonlyMap<number, string> = new Map(
  Object.entries(STATUS_CODES).map(([status, reason = '']) => [
    Number(status),
    lineOf(Number(status), reason),
  ]),
);

/** `reason`: an upstream's own, if it is not the usual one. */
export const statusLine = (status: number, reason?: string): string =>
  reason === undefined ? (STATUS_LINES.get(status) ?? lineOf(status, '')) : lineOf(status, reason);

const VIA = ['1.0', '1.1'].map((version) => linesOf(viaField(version)));

/** By the minor version of the upstream's answer. */
export const viaLine = (minor: 0 | 1): string => VIA[minor] ?? '';
