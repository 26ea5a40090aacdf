// What became of each line: carried over, not needed, or left, with why. No line may be without an entry at the end.
import { leftReason } from './needless.ts';
import type { Directive } from './tree.ts';

export type Fate = 'carried' | 'needless' | 'left';

export interface Entry {
  readonly fate: Fate;
  readonly why: string;
}

export class Ledger {
  readonly #entries = new Map<Directive, Entry>();

  carried(...directives: readonly (Directive | undefined)[]): void {
    for (const directive of directives) this.#enter(directive, { fate: 'carried', why: '' });
  }

  /** Tollgate does it by itself, or has nothing it could be said to. */
  needless(directive: Directive | undefined, why: string): void {
    this.#enter(directive, { fate: 'needless', why });
  }

  left(directive: Directive | undefined, why: string): void {
    this.#enter(directive, { fate: 'left', why });
  }

  /** Whatever it came to: the block that it stands in came to something else. */
  sink(directive: Directive, entry: Entry): void {
    this.#entries.set(directive, entry);
  }

  knows(directive: Directive): boolean {
    return this.#entries.has(directive);
  }

  of(directive: Directive): Entry {
    return this.#entries.get(directive) ?? { fate: 'left', why: leftReason(directive.name) };
  }

  /** What was left somewhere stays left: it is one line for several places, and one of them lacks it. */
  #enter(directive: Directive | undefined, entry: Entry): void {
    if (directive === undefined || this.#entries.get(directive)?.fate === 'left') return;
    this.#entries.set(directive, entry);
  }
}
