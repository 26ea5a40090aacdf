// An exchange answered by an upstream: the request's head rewritten once and its body passed on, the answer's head
// rewritten once and its body passed back, each side waiting for the other's buffers.
import type { ErrorCode } from '@tollgate/core';
import type { UpstreamGroup, UpstreamMember } from '../../upstream/group.ts';
import { ConnectTimeout, type UpstreamSocket, type UpstreamUser } from '../../pool/socket.ts';
import type { UpstreamPools } from '../../pool/pools.ts';
import { dateLine } from './clock.ts';
import type { WireClient } from './client.ts';
import { WireExchange, type Admitted } from './exchange.ts';
import { authorityText, statusLine, TEXT_BYTES, upstreamHead, viaLine } from './outgoing.ts';
import { relayOf, type Relay, type RelaySink } from './relay.ts';
import { readResponseHead, type ResponseHead } from './responseHead.ts';
import { Tunnel } from './tunnel.ts';

/** Interim answers of one exchange: an upstream that sends more has gone wrong. */
const INTERIM_LIMIT = 32;
/** RFC 9110 9.2.2: doing these twice is doing them once. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export class ProxiedExchange extends WireExchange implements UpstreamUser, RelaySink {
  readonly #group: UpstreamGroup;
  readonly #pools: UpstreamPools;
  #member: UpstreamMember | undefined;
  #socket: UpstreamSocket | undefined;
  #askedAt = 0;
  #retried = false;
  /** Some of the request's body is on its way: it cannot be sent again. */
  #bodySent = false;
  #partial: Buffer | undefined;
  #interim = 0;
  #response: ResponseHead | undefined;
  #relay: Relay | undefined;
  /** The answer's head, until it goes out with the first bytes of the body. */
  #text = '';
  #tunnel: Tunnel | undefined;

  constructor(connection: WireClient, admitted: Admitted, group: UpstreamGroup, pools: UpstreamPools) {
    super(connection, admitted);
    this.#group = group;
    this.#pools = pools;
  }

  start(): void {
    if (this.admitted.head.expectsContinue) this.connection.write('HTTP/1.1 100 Continue\r\n\r\n');
    this.#ask(undefined);
  }

  #ask(except: UpstreamMember | undefined): void {
    const member = this.#group.pick(except);
    if (member === undefined) {
      this.fail('upstream-unavailable');
      return;
    }
    this.#askMember(member, false);
  }

  #askMember(member: UpstreamMember, fresh: boolean): void {
    const { head, asker, requestId, generation } = this.admitted;
    const pool = this.#pools.of(member, this.#group.config, generation.config);
    const socket = fresh ? pool.borrowNew(this) : pool.borrow(this);
    if (socket === undefined) {
      this.fail('overloaded');
      return;
    }
    this.#member = member;
    this.#socket = socket;
    this.upstream = member.server.text;
    this.#askedAt = performance.now();
    socket.write(upstreamHead(head, this.#host(member), asker, requestId));
    const { timeouts } = this.connection;
    this.connection.within(this.connection.bodyDone ? timeouts.upstreamHeaderMs : timeouts.bodyIdleMs);
  }

  #host(member: UpstreamMember): string {
    const { address } = member.server;
    if (this.#group.config.host === 'client' || address.kind === 'unix')
      return authorityText(this.admitted.head, this.connection.facts.scheme);
    return `${address.host}:${address.port}`;
  }

  override bodyBytes(bytes: Buffer, from: number, to: number): void {
    if (this.#tunnel !== undefined) this.#tunnel.fromClient(bytes, from, to);
    else if (this.#socket !== undefined) {
      this.#bodySent = true;
      if (!this.#socket.write(Buffer.from(bytes.subarray(from, to)))) this.connection.pause();
    }
  }

  override bodyEnd(): void {
    if (this.#response === undefined) this.connection.within(this.connection.timeouts.upstreamHeaderMs);
  }

  upstreamDrain(): void {
    this.connection.resume();
  }

  upstreamData(bytes: Buffer, length: number): void {
    if (this.#tunnel !== undefined) this.#tunnel.fromUpstream(bytes, length);
    else if (this.#relay !== undefined) this.#body(bytes, 0, length);
    else if (this.#partial === undefined) this.#head(bytes, length);
    else {
      const joined = Buffer.concat([this.#partial, bytes.subarray(0, length)]);
      this.#partial = undefined;
      this.#head(joined, joined.length);
    }
  }

  /** Interim answers, if any, then the head that counts and what came with it. */
  #head(bytes: Buffer, length: number): void {
    let position = 0;
    while (this.#response === undefined && !this.over) {
      const head = readResponseHead(
        bytes,
        position,
        length,
        this.admitted.head.method === 'HEAD',
        this.admitted.generation.config.limits,
      );
      if (head === 'incomplete') {
        if (length > position) this.#partial = Buffer.from(bytes.subarray(position, length));
        return;
      }
      if ('fault' in head) {
        this.#faulty(head.fault);
        return;
      }
      position += head.byteLength;
      if (head.status === 101) {
        this.#switch(head, bytes, position, length);
        return;
      }
      if (head.status >= 200) this.#begin(head);
      else if (++this.#interim > INTERIM_LIMIT) this.#faulty('too many interim answers');
    }
    if (!this.over) this.#body(bytes, position, length);
  }

  #begin(head: ResponseHead): void {
    this.#response = head;
    this.#relay = relayOf(head, this);
    if (this.#member !== undefined) this.#group.succeeded(this.#member);
    this.status = head.status;
    const date = head.hasDate ? '' : dateLine(this.timeMs);
    this.#text = `${statusLine(head.status, head.reason)}${head.lines}${date}${viaLine(head.minor)}${this.#relay.line}${this.endOfHead()}`;
  }

  #body(bytes: Buffer, position: number, length: number): void {
    const relay = this.#relay;
    if (relay === undefined) return;
    this.connection.within(this.connection.timeouts.responseIdleMs);
    const stop = relay.feed(bytes, position, length);
    this.#flush();
    this.bytesOut = relay.dataBytes;
    if (relay.broken) this.#faulty('chunked body: broken framing');
    else if (relay.done) this.#done(stop === length);
    else if (this.connection.blocked) this.#socket?.pause();
  }

  relayText(text: string): void {
    this.#text += text;
  }

  relay(bytes: Buffer, from: number, to: number): void {
    if (to - from <= TEXT_BYTES) {
      this.#text += bytes.latin1Slice(from, to);
      return;
    }
    const head = this.#text;
    this.#text = '';
    const copy = Buffer.from(bytes.subarray(from, to));
    if (head === '') this.connection.write(copy);
    else this.connection.writeBoth(head, copy);
  }

  #flush(): void {
    if (this.#text === '') return;
    this.connection.write(this.#text);
    this.#text = '';
  }

  protected override clientDrain(): void {
    if (this.#tunnel !== undefined) this.#tunnel.clientDrain();
    else this.#socket?.resume();
  }

  /** The answer is whole. `clean`: nothing came after it. */
  #done(clean: boolean): void {
    const socket = this.#socket;
    const response = this.#response;
    this.#socket = undefined;
    this.upstreamMs = performance.now() - this.#askedAt;
    // An answer before the request's end leaves the rest of the request for nobody: the socket is done for.
    if (clean && response?.keepAlive === true && this.connection.bodyDone)
      socket?.release(response.keepAliveMs);
    else socket?.destroy();
    this.finish();
  }

  upstreamEnd(): void {
    if (this.#tunnel !== undefined) this.#tunnel.upstreamEnd();
    else if (this.#relay?.end() === true) {
      this.#flush();
      this.#done(false);
    } else this.#lost(new Error('upstream ended the connection'));
  }

  upstreamFailed(error: Error): void {
    if (this.#tunnel !== undefined) this.cut();
    else this.#lost(error);
  }

  /** The connection is gone and the answer is not whole. */
  #lost(error: Error): void {
    const socket = this.#socket;
    const member = this.#member;
    this.#socket = undefined;
    if (socket === undefined || member === undefined) return;
    const answered = socket.answered || this.#partial !== undefined;
    socket.destroy();
    // A socket whose rest was over says nothing of the server's health.
    const stale = socket.uses > 1 && !answered;
    if (!stale) this.#group.failed(member);
    if (answered || !this.#mayRetry(socket)) this.#failed(error);
    else if (stale) this.#askMember(member, true);
    else this.#ask(member);
  }

  /** Once, and only what cannot have been done, or may be done twice. */
  #mayRetry(socket: UpstreamSocket): boolean {
    if (this.#retried || this.#bodySent || this.status !== 0) return false;
    this.#retried = true;
    return !socket.connected || IDEMPOTENT.has(this.admitted.head.method);
  }

  #failed(error: Error): void {
    this.upstreamMs = performance.now() - this.#askedAt;
    this.connection.says(error.message, this.upstream);
    this.fail(codeOf(error));
  }

  /** What the upstream sent cannot be trusted: the client gets nothing of it. */
  #faulty(fault: string): void {
    if (this.#member !== undefined) this.#group.failed(this.#member);
    this.upstreamMs = performance.now() - this.#askedAt;
    this.connection.says(fault, this.upstream);
    this.fail('upstream-malformed');
  }

  /** 101: bytes both ways from here on, if the client asked for it; else the upstream speaks out of turn. */
  #switch(head: ResponseHead, bytes: Buffer, position: number, length: number): void {
    const socket = this.#socket;
    if (this.admitted.head.upgrade === undefined || head.upgrade?.toLowerCase() !== 'websocket' || !socket) {
      this.#faulty('switched protocols though nobody asked');
      return;
    }
    this.status = 101;
    const switching = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    this.connection.write(`${statusLine(101)}${head.lines}${viaLine(head.minor)}${switching}`);
    this.connection.closeAfterAnswer();
    this.#tunnel = new Tunnel(this.connection, socket, (bytesOut) => {
      this.bytesOut = bytesOut;
      this.upstreamMs = performance.now() - this.#askedAt;
    });
    this.connection.tunnel();
    if (length > position) this.#tunnel.fromUpstream(bytes.subarray(position, length), length - position);
  }

  override due(): void {
    if (this.#tunnel !== undefined || this.status !== 0) this.cut();
    else if (!this.connection.bodyDone) {
      this.connection.closeAfterAnswer();
      this.fail('request-timeout');
    } else {
      if (this.#member !== undefined) this.#group.failed(this.#member);
      this.fail('upstream-header-timeout');
    }
  }

  protected override abandon(): void {
    if (this.#tunnel !== undefined) this.#tunnel.close();
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}

const CERTIFICATE = /^(?:CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

function codeOf(error: Error): ErrorCode {
  if (error instanceof ConnectTimeout) return 'upstream-connect-timeout';
  const code = 'code' in error ? String(error.code) : '';
  if (CERTIFICATE.test(code)) return 'upstream-certificate';
  return /^(?:ECONNREFUSED|ENOENT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_|EACCES)/.test(code)
    ? 'upstream-refused'
    : 'upstream-reset';
}
