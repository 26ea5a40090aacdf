// One look at everything the live page shows: what the serving processes have counted, and the machine below them.
import { hostname } from 'node:os';
import {
  findProcesses,
  type HostRoot,
  LIVE,
  type MachineCpu,
  readMachineCpu,
  readThreadsOf,
} from '@tollgate/host';
import type { ServiceFigures } from '../figures/figures.ts';
import type { MachineFigures } from '../metrics/machine.ts';

export interface Look {
  /** Monotonic, in milliseconds. */
  readonly atMs: number;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly figures: ServiceFigures;
  readonly machine: MachineFigures;
  /** `undefined` where there is no /proc. */
  readonly cpu: MachineCpu['all'] | undefined;
  /** CPU time of every journald of this machine; `undefined` when none can be seen. */
  readonly journalMicros: number | undefined;
}

export interface LookSources {
  figures(): Promise<ServiceFigures>;
  machine(): MachineFigures;
}

export const HOSTNAME = hostname();

/** Walking /proc is the dear part: a journald that was started since is found a minute later. */
const LOOKS_PER_SEARCH = 60;

export class Looker {
  readonly #sources: LookSources;
  readonly #root: HostRoot;
  #journals: readonly number[] = [];
  #looks = 0;

  constructor(sources: LookSources, root: HostRoot = LIVE) {
    this.#sources = sources;
    this.#root = root;
  }

  async look(): Promise<Look> {
    const figures = await this.#sources.figures();
    const cpu = readMachineCpu(this.#root);
    return {
      atMs: performance.now(),
      timeMs: Date.now(),
      figures,
      machine: this.#sources.machine(),
      cpu: cpu.ok ? cpu.value.all : undefined,
      journalMicros: this.#journalMicros(),
    };
  }

  #journalMicros(): number | undefined {
    if (this.#looks % LOOKS_PER_SEARCH === 0) {
      const found = findProcesses(this.#root, 'systemd-journald');
      this.#journals = found.ok ? found.value : [];
    }
    this.#looks += 1;
    if (this.#journals.length === 0) return undefined;
    const threads = this.#journals.map((pid) => readThreadsOf(this.#root, pid));
    return threads.reduce(
      (sum, reading) =>
        sum + (reading.ok ? reading.value.reduce((all, { cpuMicros }) => all + cpuMicros, 0) : 0),
      0,
    );
  }
}
