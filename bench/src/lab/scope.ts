// The one owner of everything a run makes: what is opened here is closed here, in reverse order, once.

type Teardown = () => void | Promise<void>;

export class Scope {
  readonly #teardowns: Teardown[] = [];
  readonly #failures: unknown[] = [];
  #closing: Promise<void> | undefined;

  /** Called in reverse order of registration. On a scope that has closed already it runs at once: nothing outlives its owner. */
  defer(teardown: Teardown): void {
    if (this.#closing === undefined) this.#teardowns.push(teardown);
    else this.#closing = this.#closing.then(() => this.#attempt(teardown));
  }

  /** A part that can be closed on its own, and is closed with the whole at the latest. */
  child(): Scope {
    const scope = new Scope();
    const close = (): Promise<void> => scope.close();
    this.defer(close);
    scope.defer(() => {
      const at = this.#teardowns.indexOf(close);
      if (at !== -1) this.#teardowns.splice(at, 1);
    });
    return scope;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Idempotent. A teardown that fails stops none of the others; what failed is thrown at the end. */
  async close(): Promise<void> {
    this.#closing ??= this.#unwind();
    await this.#closing;
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, 'the laboratory was not cleared');
  }

  async #unwind(): Promise<void> {
    for (let teardown = this.#teardowns.pop(); teardown !== undefined; teardown = this.#teardowns.pop())
      await this.#attempt(teardown);
  }

  async #attempt(teardown: Teardown): Promise<void> {
    try {
      await teardown();
    } catch (error) {
      this.#failures.push(error);
    }
  }
}
