// One HTTP/1.1 connection at a time: dial, write the prebuilt request, read one answer, judge it.
import type { Socket } from 'node:net';
import type { Dialer } from './dialer.ts';
import { phaseOfError, phaseOfFin, phaseOfTimeout, type Stage } from './failure.ts';
import type { Lingering } from './lingering.ts';
import { ResponseReader, type ReadState } from './response-reader.ts';
import type { Slot, SlotOwner } from './slot.ts';
import type { ErrorPhase, LoadSpec } from './spec.ts';

export interface H1Shared {
  readonly spec: LoadSpec;
  readonly request: Buffer;
  readonly dialer: Dialer;
  readonly lingering: Lingering;
  readonly owner: SlotOwner;
}

export class H1Slot implements Slot {
  dueMs = 0;
  sentMs = 0;
  readonly #shared: H1Shared;
  readonly #reader = new ResponseReader();
  #socket: Socket | null = null;
  #stage: Stage | 'idle' = 'idle';

  constructor(shared: H1Shared) {
    this.#shared = shared;
  }

  begin(dueMs: number, nowMs: number): void {
    this.dueMs = dueMs;
    this.sentMs = nowMs;
    this.#reader.reset();
    if (this.#socket === null) this.#dial();
    else this.#write(this.#socket);
  }

  expire(nowMs: number): void {
    if (this.#stage === 'idle' || nowMs - this.sentMs < this.#shared.spec.timeoutMs) return;
    this.#fail(phaseOfTimeout(this.#stage));
  }

  close(): void {
    this.#stage = 'idle';
    this.#drop();
  }

  #dial(): void {
    this.#stage = 'connecting';
    // Events of a socket that this slot has let go of concern nobody's attempt.
    const current = (): boolean => this.#socket === socket;
    const socket = this.#shared.dialer.dial({
      connected: () => {
        if (current()) this.#stage = 'handshake';
      },
      ready: () => {
        if (current()) this.#write(socket);
      },
      bytes: (length, bytes) => {
        if (current()) this.#bytes(bytes, length);
      },
    });
    socket.on('end', () => {
      if (current()) this.#fin();
    });
    socket.on('error', (error) => {
      if (current()) this.#broken(error);
    });
    this.#socket = socket;
  }

  #write(socket: Socket): void {
    this.#stage = 'waiting';
    socket.write(this.#shared.request);
  }

  #bytes(bytes: Buffer, length: number): void {
    this.#shared.owner.read(length);
    // Bytes that no request asked for: whatever they are, the next answer could not be told from them.
    if (this.#stage === 'idle') return this.#drop();
    this.#stage = 'reading';
    const state = this.#reader.feed(bytes, length);
    if (state !== 'more') this.#answered(state);
  }

  #answered(state: Exclude<ReadState, 'more'>): void {
    const failure = state === 'done' ? this.#judge() : state === 'bad-head' ? 'status' : 'body';
    const socket = this.#socket;
    if (failure === 'body' || state === 'bad-head') this.#drop();
    else if (socket !== null && !(this.#reader.keepAlive && this.#shared.spec.mode === 'keepalive')) {
      this.#socket = null;
      this.#shared.lingering.add(socket, this.#shared.owner.now());
    }
    this.#finish(failure);
  }

  #judge(): ErrorPhase | null {
    const { expectStatus, expectBodyBytes } = this.#shared.spec;
    if (this.#reader.status !== expectStatus) return 'status';
    return expectBodyBytes === undefined || expectBodyBytes === this.#reader.bodyBytes ? null : 'body';
  }

  #fin(): void {
    const stage = this.#stage;
    this.#drop();
    if (stage === 'idle') return;
    if (stage === 'reading' && this.#reader.wholeAtEnd) this.#finish(this.#judge());
    else this.#finish(phaseOfFin(stage));
  }

  #broken(error: Error): void {
    if (this.#stage === 'idle') this.#drop();
    else this.#fail(phaseOfError(error, this.#stage));
  }

  #fail(failure: ErrorPhase): void {
    this.#drop();
    this.#finish(failure);
  }

  #finish(failure: ErrorPhase | null): void {
    this.#stage = 'idle';
    const { owner } = this.#shared;
    owner.ended(this, failure, owner.now());
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }
}
