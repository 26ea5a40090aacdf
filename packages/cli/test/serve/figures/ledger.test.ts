import { describe, expect, it } from 'vitest';
import { NO_TOTALS, type Totals } from '../../../src/serve/figures/figures.ts';
import { Ledger } from '../../../src/serve/figures/ledger.ts';

const accepted = (count: number): Totals => ({
  ...NO_TOTALS,
  counts: { ...NO_TOTALS.counts, accepted: count },
  refusals: { overloaded: count },
  caches: { 'a.test': { hits: count } },
});

describe('the ledger of a crew', () => {
  it('adds up what each worker said last', () => {
    const ledger = new Ledger();
    ledger.take(1, accepted(5));
    ledger.take(2, accepted(7));
    ledger.take(1, accepted(6));
    expect(ledger.sum()).toEqual(accepted(13));
  });

  it('does not fall when a worker dies and its successor begins at nothing', () => {
    const ledger = new Ledger();
    ledger.take(1, accepted(5));
    ledger.take(2, accepted(7));
    ledger.close(1);
    expect(ledger.sum()).toEqual(accepted(12));
    ledger.take(1, accepted(1));
    expect(ledger.sum()).toEqual(accepted(13));
  });

  it('knows nothing of a worker that died before it said anything', () => {
    const ledger = new Ledger();
    ledger.close(1);
    expect(ledger.sum()).toEqual(NO_TOTALS);
  });
});
