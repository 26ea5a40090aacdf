// The totals of a crew whose workers come and go: what a dead one had counted stays counted, and one that is too busy to
// answer counts as it last said. A sum that fell would be read as a fresh start of everything.
import { addTotals, NO_TOTALS, type Totals } from './figures.ts';

export class Ledger {
  readonly #last = new Map<number, Totals>();
  #former = NO_TOTALS;

  /** `place`: the worker's number. */
  take(place: number, totals: Totals): void {
    this.#last.set(place, totals);
  }

  /** The worker at this place is dead; another begins at nothing. */
  close(place: number): void {
    this.#former = addTotals(this.#former, this.#last.get(place) ?? NO_TOTALS);
    this.#last.delete(place);
  }

  sum(): Totals {
    return this.#last.values().reduce((sum, totals) => addTotals(sum, totals), this.#former);
  }
}
