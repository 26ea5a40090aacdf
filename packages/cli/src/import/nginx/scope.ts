// What holds in one block of an nginx configuration: its own directives, then those of the blocks around it.
import type { Directive } from './tree.ts';

export class Scope {
  readonly own: readonly Directive[];
  readonly #outer: Scope | undefined;

  constructor(own: readonly Directive[], outer?: Scope) {
    this.own = own;
    this.#outer = outer;
  }

  /** All of the nearest block that has any: nginx inherits lists whole or not at all. */
  all(name: string): readonly Directive[] {
    const here = this.here(name);
    return here.length > 0 ? here : (this.#outer?.all(name) ?? []);
  }

  last(name: string): Directive | undefined {
    return this.all(name).at(-1);
  }

  here(name: string): readonly Directive[] {
    return this.own.filter((directive) => directive.name === name);
  }
}
