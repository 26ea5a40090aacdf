// A certificate authority small enough to be told what to do wrong: RFC 8555 as far as a client sees it, over real HTTPS.
// It checks every signature, nonce and address, asks no challenge of anybody and believes what `validates` says.
import { createPublicKey, randomBytes, verify, X509Certificate as NodeCertificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  AuthorityKeyIdentifierExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { generate } from 'selfsigned';
import { onTestFinished } from 'vitest';
import { cryptoKeys, newKey } from '../../src/certificate/request.ts';

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Order {
  status: string;
  readonly names: readonly string[];
  readonly replaces: string | undefined;
  certificate: string | undefined;
}

interface Validation {
  readonly kind: string;
  readonly host: string;
}

export class Authority {
  readonly ca: string;
  readonly requests: string[] = [];
  readonly orders: Order[] = [];
  readonly accounts: { jwk: string; contacts: unknown; external: unknown }[] = [];
  readonly validations: Validation[] = [];
  /** A reason, when the authority does not find what it looks for. */
  validates: (asked: Validation) => string | undefined = () => undefined;
  /** In place of the answer to `METHOD /path`; `undefined`: as always. */
  fault: (request: string) => Answer | undefined = () => undefined;
  /** Done, but the answer is held back for as long as this takes. */
  after: (request: string) => Promise<void> | undefined = () => undefined;
  /** One in so many nonces is refused; 0: none. */
  refusesNonce = 0;
  lifetimeMs = 90 * 86_400_000;
  renewalWindow: { readonly start: number; readonly end: number } | undefined;
  offers: readonly string[] = ['http-01', 'tls-alpn-01', 'dns-01'];
  close: () => void = () => undefined;
  readonly #nonces = new Set<string>();
  readonly #validated = new Map<string, string>();
  #signed = 0;
  #port = 0;

  static async open(): Promise<Authority> {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'fake authority' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    const authority = new Authority(cert);
    const server = createServer({ cert, key }, (request, response) => {
      authority.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    authority.close = () => {
      server.close();
      server.closeAllConnections();
    };
    onTestFinished(() => authority.close());
    const address: AddressInfo | string | null = server.address();
    authority.#port = typeof address === 'object' && address !== null ? address.port : 0;
    return authority;
  }

  private constructor(ca: string) {
    this.ca = ca;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get directoryUrl(): string {
    return `${this.url}/directory`;
  }

  count(request: string): number {
    return this.requests.filter((one) => one.startsWith(request)).length;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const what = `${request.method} ${request.url}`;
    this.requests.push(what);
    const body = await text(request);
    const answer = this.fault(what) ?? (await this.#route(what, body));
    await this.after(what);
    const nonce = randomBytes(8).toString('base64url');
    this.#nonces.add(nonce);
    response.writeHead(answer.status, { 'replay-nonce': nonce, ...answer.headers });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
  }

  async #route(what: string, body: string): Promise<Answer> {
    if (what === 'GET /directory') return { status: 200, body: this.#directory() };
    if (what === 'HEAD /nonce') return { status: 200 };
    if (what.startsWith('GET /renewal/')) return this.#renewal();
    const signed = this.#verified(what, body);
    if ('status' in signed) return signed;
    const { payload, header } = signed;
    const [, , room = '', number = '0'] = /^(\w+) \/([a-z]+)\/?(\d+)?/.exec(what) ?? [];
    switch (room) {
      case 'account':
        return this.#account(payload, header, number);
      case 'order':
        return what.endsWith('/order') ? this.#newOrder(payload) : this.#order(Number(number));
      case 'authorization':
        return this.#authorization(what);
      case 'challenge':
        return this.#challenge(what);
      case 'finalize':
        return this.#finalize(Number(number), payload);
      case 'certificate':
        return { status: 200, body: this.orders[Number(number)]?.certificate ?? '' };
      default:
        return { status: 404 };
    }
  }

  #directory(): object {
    return {
      newNonce: `${this.url}/nonce`,
      newAccount: `${this.url}/account`,
      newOrder: `${this.url}/order`,
      ...(this.renewalWindow === undefined ? {} : { renewalInfo: `${this.url}/renewal` }),
    };
  }

  #renewal(): Answer {
    const { start, end } = this.renewalWindow ?? { start: 0, end: 0 };
    const suggestedWindow = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
    return { status: 200, body: { suggestedWindow }, headers: { 'retry-after': '21600' } };
  }

  #verified(what: string, body: string): Answer | { header: Header; payload: Payload } {
    const jws = JSON.parse(body);
    const header: Header = JSON.parse(Buffer.from(jws.protected, 'base64url').toString());
    if (`POST ${header.url.slice(this.url.length)}` !== what) return problem(403, 'unauthorized');
    this.#signed += 1;
    const refused = this.refusesNonce > 0 && this.#signed % this.refusesNonce === 0;
    if (refused || !this.#nonces.delete(header.nonce)) return problem(400, 'badNonce');
    const jwk = header.jwk === undefined ? this.#jwkOf(header.kid) : JSON.stringify(header.jwk);
    if (jwk === undefined) return problem(400, 'accountDoesNotExist');
    const sound = verify(
      'sha256',
      Buffer.from(`${jws.protected}.${jws.payload}`),
      { key: createPublicKey({ key: JSON.parse(jwk), format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      Buffer.from(jws.signature, 'base64url'),
    );
    const payload = Buffer.from(jws.payload, 'base64url').toString();
    return sound ? { header, payload: payload === '' ? {} : JSON.parse(payload) } : problem(400, 'malformed');
  }

  #jwkOf(kid = ''): string | undefined {
    return this.accounts[Number(kid.split('/').at(-1))]?.jwk;
  }

  #account(payload: Payload, { jwk }: Header, number: string): Answer {
    if (jwk === undefined) {
      const known = this.accounts[Number(number)];
      if (known !== undefined) known.contacts = payload.contact;
      return { status: 200, body: { status: 'valid' } };
    }
    const text = JSON.stringify(jwk);
    const at = this.accounts.findIndex((account) => account.jwk === text);
    const index = at < 0 ? this.accounts.length : at;
    if (at < 0)
      this.accounts.push({ jwk: text, contacts: payload.contact, external: payload.externalAccountBinding });
    const headers = { location: `${this.url}/account/${index}` };
    return { status: at < 0 ? 201 : 200, body: { status: 'valid' }, headers };
  }

  #newOrder(payload: Payload): Answer {
    const names = (payload.identifiers ?? []).map(({ value }) => value);
    this.orders.push({ status: 'pending', names, replaces: payload.replaces, certificate: undefined });
    const index = this.orders.length - 1;
    return { ...this.#order(index), status: 201, headers: { location: `${this.url}/order/${index}` } };
  }

  #order(index: number): Answer {
    const order = this.orders[index];
    if (order === undefined) return problem(404, 'malformed');
    const states = order.names.map((_, at) => this.#validated.get(`${index}/${at}`));
    if (order.status === 'pending' && states.some((state) => state !== undefined && state !== ''))
      order.status = 'invalid';
    if (order.status === 'pending' && states.every((state) => state === '')) order.status = 'ready';
    const body = {
      status: order.status,
      identifiers: order.names.map((value) => ({ type: 'dns', value })),
      authorizations: order.names.map((_, at) => `${this.url}/authorization/${index}/${at}`),
      finalize: `${this.url}/finalize/${index}`,
      ...(order.certificate === undefined ? {} : { certificate: `${this.url}/certificate/${index}` }),
    };
    return { status: 200, body };
  }

  #authorization(what: string): Answer {
    const [, index = '', at = ''] = /(\d+)\/(\d+)/.exec(what) ?? [];
    const value = this.orders[Number(index)]?.names[Number(at)] ?? '';
    const state = this.#validated.get(`${index}/${at}`);
    const status = state === undefined ? 'pending' : state === '' ? 'valid' : 'invalid';
    const error = { type: 'urn:ietf:params:acme:error:connection', detail: state };
    const challenges = this.offers.map((type) => ({
      type,
      url: `${this.url}/challenge/${index}/${at}/${type}`,
      status,
      token: `token-${index}-${at}`,
      ...(status === 'invalid' ? { error } : {}),
    }));
    return { status: 200, body: { status, identifier: { type: 'dns', value }, challenges } };
  }

  #challenge(what: string): Answer {
    const [, index = '', at = '', kind = ''] = /(\d+)\/(\d+)\/([\w-]+)/.exec(what) ?? [];
    const asked = { kind, host: this.orders[Number(index)]?.names[Number(at)] ?? '' };
    this.validations.push(asked);
    this.#validated.set(`${index}/${at}`, this.validates(asked) ?? '');
    return { status: 200, body: { type: kind, status: 'processing', url: '' } };
  }

  async #finalize(index: number, payload: Payload): Promise<Answer> {
    const order = this.orders[index];
    if (order === undefined || order.status !== 'ready') return problem(403, 'orderNotReady');
    order.certificate = await this.#issue(Buffer.from(payload.csr ?? '', 'base64url'), order.names);
    order.status = 'valid';
    return this.#order(index);
  }

  async #issue(csr: Buffer, names: readonly string[]): Promise<string> {
    const request = new Pkcs10CertificateRequest(csr);
    if (!(await request.verify())) throw new Error('the request is not signed by its key');
    const asked = request.extensions
      .filter((extension) => extension instanceof SubjectAlternativeNameExtension)
      .flatMap(({ names }) => names.items.map(({ value }) => value));
    if (asked.toSorted().join() !== names.toSorted().join()) throw new Error(`asked for ${asked.join()}`);
    const now = Date.now();
    const certificate = await X509CertificateGenerator.create({
      publicKey: request.publicKey,
      signingKey: cryptoKeys(newKey()).privateKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      issuer: 'CN=fake authority',
      serialNumber: `00ff${randomBytes(6).toString('hex')}`,
      notBefore: new Date(now - 1000),
      notAfter: new Date(now + this.lifetimeMs),
      extensions: [
        new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
        await AuthorityKeyIdentifierExtension.create(cryptoKeys(newKey()).publicKey),
      ],
    });
    return new NodeCertificate(Buffer.from(certificate.rawData)).toString();
  }
}

/** What the requests of a client hold, as far as it is read here. */
interface Payload {
  readonly contact?: readonly string[];
  readonly externalAccountBinding?: object;
  readonly identifiers?: readonly { readonly value: string }[];
  readonly replaces?: string;
  readonly csr?: string;
}

interface Header {
  readonly url: string;
  readonly nonce: string;
  readonly kid?: string;
  readonly jwk?: object;
}

export function problem(status: number, type: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    body: { type: `urn:ietf:params:acme:error:${type}`, detail: `refused: ${type}` },
    headers,
  };
}
