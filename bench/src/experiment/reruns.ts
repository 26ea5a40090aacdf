// A run over time that was disturbed is run again, a bounded number of times: what the rows call its next attempt.
import type { Driven } from '../result/recording.ts';
import { callsForRerun, failedRunGates } from '../result/run-gates.ts';

/** Each run once, and of one experiment only so many: on a restless machine it must still end. */
const MOST_OF_ONE = 1;

export class Reruns {
  readonly #progress: { say(text: string): void };
  #left: number;

  constructor(progress: { say(text: string): void }, most: number) {
    this.#progress = progress;
    this.#left = most;
  }

  /** The last attempt. `matters`: whether what a gate found could have changed what the run is made for. */
  async until(
    name: string,
    run: (attempt: number) => Promise<Driven>,
    matters: (driven: Driven) => boolean = () => true,
  ): Promise<Driven> {
    for (let attempt = 0; ; attempt += 1) {
      const driven = await run(attempt);
      if (!callsForRerun(driven) || attempt === MOST_OF_ONE || this.#left === 0 || !matters(driven))
        return driven;
      this.#left -= 1;
      this.#progress.say(`bench: ${name}: once more, refused by ${failedRunGates(driven).join(', ')}`);
    }
  }
}
