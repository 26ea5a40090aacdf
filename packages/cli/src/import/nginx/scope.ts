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
  all(...names: readonly string[]): readonly Directive[] {
    const here = this.here(...names);
    return here.length > 0 ? here : (this.#outer?.all(...names) ?? []);
  }

  /** Of this block and of all around it: what adds up, as conditions do. */
  every(name: string): readonly Directive[] {
    return [...this.here(name), ...(this.#outer?.every(name) ?? [])];
  }

  /** Of all directives, those of the blocks around among them. */
  names(): readonly string[] {
    return [...this.own.map(({ name }) => name), ...(this.#outer?.names() ?? [])];
  }

  last(name: string): Directive | undefined {
    return this.all(name).at(-1);
  }

  /** In the order of the file. */
  here(...names: readonly string[]): readonly Directive[] {
    return this.own.filter((directive) => names.includes(directive.name));
  }
}
