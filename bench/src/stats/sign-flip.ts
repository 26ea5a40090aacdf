// The sign-flip permutation test: were there no effect, each difference could as well have had the other sign.
import { seededRandom } from './random.ts';

/** Up to here every pattern of signs is tried (65,536). */
const EXACT_UP_TO = 16;
const DRAWS = 20_000;
const SEED = 0x70110;

/** Two-sided p of the sum. Its smallest value with n differences is 2 / 2^n: five cannot reach 0.05. */
export function signFlipP(differences: readonly number[]): number {
  if (differences.length === 0) return 1;
  const observed = Math.abs(differences.reduce((total, value) => total + value, 0));
  // Sums of the same numbers in another order differ in the last bits.
  const reach = observed - 1e-9 * differences.reduce((total, value) => total + Math.abs(value), 0);
  return differences.length <= EXACT_UP_TO ? exactP(differences, reach) : sampledP(differences, reach);
}

/** Gray code: each pattern differs from the one before in one sign, so one addition serves it. */
function exactP(differences: readonly number[], reach: number): number {
  const patterns = 2 ** differences.length;
  const signed = [...differences];
  let total = differences.reduce((sum, value) => sum + value, 0);
  let extreme = Math.abs(total) >= reach ? 1 : 0;
  for (let pattern = 1; pattern < patterns; pattern++) {
    const flipped = 31 - Math.clz32(pattern & -pattern);
    const value = signed[flipped] ?? 0;
    signed[flipped] = -value;
    total -= 2 * value;
    if (Math.abs(total) >= reach) extreme++;
  }
  return extreme / patterns;
}

/** The observed pattern counts as one draw, so that p is never 0. */
function sampledP(differences: readonly number[], reach: number): number {
  const random = seededRandom(SEED);
  let extreme = 1;
  for (let draw = 0; draw < DRAWS; draw++) {
    const total = differences.reduce((sum, value) => sum + (random.next() < 0.5 ? value : -value), 0);
    if (Math.abs(total) >= reach) extreme++;
  }
  return extreme / (DRAWS + 1);
}
