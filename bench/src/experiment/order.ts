// In which order things are measured, so that a machine that drifts cannot favour one of them.
import { type Random, shuffled } from '../stats/random.ts';

/**
 * A random order and then the same backwards, again and again: with two things that is A B B A, and with any number a
 * drift that is linear over two blocks cancels out of every difference. Those of one part stay next to each other.
 */
export function* mirrored<T>(
  parts: readonly (readonly T[])[],
  random: Random,
): Generator<readonly T[], never> {
  for (;;) {
    const order = shuffled(parts, random).flatMap((part) => shuffled(part, random));
    yield order;
    yield order.toReversed();
  }
}
