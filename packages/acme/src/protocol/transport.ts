// HTTPS to the certificate authority: verified, bounded in bytes and in time, no redirect followed.
import { Agent, request, type Dispatcher } from 'undici';

export interface Reply {
  readonly status: number;
  /** By name in lower case. */
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

export interface TransportOptions {
  /** PEM of the authorities believed in place of the system's. */
  readonly ca: string | undefined;
  /** RFC 8555 6.1 wants it. */
  readonly userAgent: string;
}

/** A certificate chain is some KB; an authority that sends more than this has gone wrong. */
const MAX_BODY_BYTES = 1024 * 1024;
const CONNECT_MS = 10_000;
const SILENCE_MS = 30_000;

export class Transport {
  readonly #agent: Agent;
  readonly #userAgent: string;

  constructor({ ca, userAgent }: TransportOptions) {
    this.#userAgent = userAgent;
    this.#agent = new Agent({
      connect: { timeout: CONNECT_MS, ...(ca === undefined ? {} : { ca }) },
      headersTimeout: SILENCE_MS,
      bodyTimeout: SILENCE_MS,
      maxResponseSize: MAX_BODY_BYTES,
      connections: 2,
    });
  }

  /** `jws`: a signed body in JSON. Rejects when there is no whole answer. */
  async send(
    method: 'GET' | 'HEAD' | 'POST',
    url: string,
    signal: AbortSignal,
    jws?: object,
  ): Promise<Reply> {
    requireHttps(url);
    const { statusCode, headers, body } = await request(url, {
      dispatcher: this.#agent,
      method,
      signal,
      headers: {
        'user-agent': this.#userAgent,
        ...(jws === undefined ? {} : { 'content-type': 'application/jose+json' }),
      },
      ...(jws === undefined ? {} : { body: JSON.stringify(jws) }),
    });
    return { status: statusCode, header: (name) => single(headers[name]), body: await body.text() };
  }

  /** Cuts what is under way. Idempotent. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** The authority names most addresses itself: it must not lead us off TLS (RFC 8555 6.1). */
function requireHttps(url: string): void {
  if (!url.startsWith('https://')) throw new Error(`expected an https address of the authority, got ${url}`);
}

function single(value: Dispatcher.ResponseData['headers'][string]): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
