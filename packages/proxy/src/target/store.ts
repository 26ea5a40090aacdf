// The targets in use, by what they were made from. Generations that want the same one share it: an app keeps its state
// and an upstream its warm sockets and its marks across a reload. The last one to let go closes it.
import type { TargetConfig, Timeouts } from '@tollgate/core';
import type { EventLog } from '../logs.ts';
import { compileTarget } from './compile.ts';
import { systemLookup, type Lookup } from '../upstream/resolution.ts';
import type { Target } from './target.ts';

interface Shared {
  readonly target: Target;
  holders: number;
}

export class TargetStore {
  readonly #shared = new Map<string, Shared>();
  readonly #closing = new Set<Promise<void>>();
  readonly #eventLog: EventLog;
  readonly #lookup: Lookup;

  constructor(eventLog: EventLog, lookup: Lookup = systemLookup) {
    this.#eventLog = eventLog;
    this.#lookup = lookup;
  }

  get targets(): readonly Target[] {
    return [...this.#shared.values()].map(({ target }) => target);
  }

  /** Rejects when the target cannot be made; nothing is held then. */
  async acquire(config: TargetConfig, timeouts: Timeouts): Promise<{ target: Target; key: string }> {
    const key = JSON.stringify([config, config.kind === 'upstream' ? timeouts : undefined]);
    const known = this.#shared.get(key);
    if (known !== undefined) {
      known.holders += 1;
      return { target: known.target, key };
    }
    const target = await compileTarget(config, {
      timeouts,
      eventLog: this.#eventLog,
      lookup: this.#lookup,
    });
    this.#shared.set(key, { target, holders: 1 });
    return { target, key };
  }

  release(key: string): void {
    const shared = this.#shared.get(key);
    if (shared === undefined) return;
    shared.holders -= 1;
    if (shared.holders > 0) return;
    this.#shared.delete(key);
    const closing = this.#close(shared.target);
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  /** Resolves when every target that was let go of has closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing);
  }

  async #close(target: Target): Promise<void> {
    try {
      await target.close();
    } catch (error) {
      this.#eventLog.error({ err: error }, 'a target that is no longer used failed to close');
    }
  }
}
