// What policies remember of clients, kept over a reload: whoever has used up a limit does not get it back by one.

/** By the configuration it belongs to. Held by the policies that use it; forgotten with the last of them. */
export class Kept<Value extends object> {
  readonly #values = new Map<string, WeakRef<Value>>();

  /** The generation in force still holds its values while the next one is made. */
  take(key: string, make: () => Value): Value {
    for (const [old, value] of this.#values) if (value.deref() === undefined) this.#values.delete(old);
    const known = this.#values.get(key)?.deref();
    if (known !== undefined) return known;
    const made = make();
    this.#values.set(key, new WeakRef(made));
    return made;
  }
}
