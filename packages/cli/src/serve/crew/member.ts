// One worker as the supervisor holds it: a child process that is given orders and answers each.
import { fork, type ChildProcess } from 'node:child_process';
import type { Answer, NumberedOrder, Order } from './orders.ts';

export type Done = Extract<Answer, { ok: true }>;

export interface MemberOptions {
  /** Descriptors handed on, to be numbered from `FIRST_SOCKET_FD` in the child. */
  readonly sockets: readonly number[];
  readonly onExit: (why: string) => void;
}

export class Member {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<Done>>();
  readonly #exited = Promise.withResolvers<void>();
  #number = 0;
  #gone = false;

  constructor({ sockets, onExit }: MemberOptions) {
    const main = process.argv[1];
    if (main === undefined) throw new Error('expected the path of the command in argv[1], got nothing');
    this.#child = fork(main, ['worker'], {
      // Keeps Buffer and undefined as they are.
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...sockets],
    });
    this.#child.on('message', (answer: Answer) => this.#settle(answer));
    this.#child.once('error', (error) => this.#end(error.message, onExit));
    this.#child.once('exit', (code, signal) => this.#end(signal ?? `exit code ${code}`, onExit));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Rejects with the worker's own words, or when it is gone before it answered. */
  ask(order: Order): Promise<Done> {
    const waiting = Promise.withResolvers<Done>();
    if (this.#gone) waiting.reject(new Error('the worker is gone'));
    else this.#send(order, waiting);
    return waiting.promise;
  }

  /** For one that no longer listens. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Resolves when the process is gone; it has `withinMs` to leave by itself. */
  async end(withinMs: number): Promise<void> {
    const force = setTimeout(() => this.#child.kill('SIGKILL'), withinMs);
    void this.ask({ kind: 'close' }).catch(() => {
      // Gone already, or killed: `exited` tells.
    });
    await this.#exited.promise;
    clearTimeout(force);
  }

  #send(order: Order, waiting: PromiseWithResolvers<Done>): void {
    this.#number += 1;
    const message: NumberedOrder = { number: this.#number, order };
    this.#waiting.set(this.#number, waiting);
    this.#child.send(message, (error) => {
      if (error) this.#settle({ number: message.number, ok: false, message: error.message });
    });
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if (answer.ok) waiting?.resolve(answer);
    else waiting?.reject(new Error(answer.message));
  }

  #end(why: string, onExit: (why: string) => void): void {
    if (this.#gone) return;
    this.#gone = true;
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(`the worker ended: ${why}`));
    this.#waiting.clear();
    this.#exited.resolve();
    onExit(why);
  }
}
