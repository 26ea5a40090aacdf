// The checks of one upstream's servers: owner of their timers and connections until it is closed.
import type { HealthConfig } from '@tollgate/core';
import type { UpstreamGroup } from '../group.ts';
import type { UpstreamMember } from '../member.ts';
import { check } from './check.ts';

/** The first checks come within this time, so that what is down is known soon after a start. */
const FIRST_WITHIN_MS = 1000;
/** Of the interval, more or less: checks of many servers, workers and machines shall not come in step. */
const JITTER = 0.1;

export class HealthChecks {
  readonly #group: UpstreamGroup;
  readonly #config: HealthConfig;
  readonly #watched = new Map<UpstreamMember, Watch>();
  #closed = false;

  constructor(group: UpstreamGroup, config: HealthConfig) {
    this.#group = group;
    this.#config = config;
    this.follow();
  }

  /** Watches the servers that the group has now, and no longer those that it had. */
  follow(): void {
    if (this.#closed) return;
    const { members } = this.#group;
    for (const [member, watch] of this.#watched) {
      if (members.includes(member)) continue;
      watch.close();
      this.#watched.delete(member);
    }
    for (const member of members) {
      if (this.#watched.has(member)) continue;
      this.#watched.set(member, new Watch(this.#group, member, this.#config));
    }
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watched.values()) watch.close();
    this.#watched.clear();
  }
}

class Watch {
  readonly #group: UpstreamGroup;
  readonly #member: UpstreamMember;
  readonly #config: HealthConfig;
  /** Checks in a row that said the opposite of what the server is held for. */
  #against = 0;
  /** Of the wait or the check under way. */
  #stop: () => void;

  constructor(group: UpstreamGroup, member: UpstreamMember, config: HealthConfig) {
    this.#group = group;
    this.#member = member;
    this.#config = config;
    this.#stop = this.#after(Math.random() * Math.min(config.intervalMs, FIRST_WITHIN_MS));
  }

  close(): void {
    this.#stop();
  }

  #after(delayMs: number): () => void {
    const timer = setTimeout(() => {
      this.#stop = check(this.#member, this.#config, (fault) => this.#checked(fault));
    }, delayMs);
    return () => clearTimeout(timer);
  }

  #checked(fault: string | undefined): void {
    this.#stop = this.#after(this.#config.intervalMs * (1 - JITTER + 2 * JITTER * Math.random()));
    this.#note(fault);
  }

  #note(fault: string | undefined): void {
    const member = this.#member;
    const passed = fault === undefined;
    member.fault = fault;
    if (passed) member.checksPassed += 1;
    else member.checksFailed += 1;
    this.#against = passed === member.healthy ? 0 : this.#against + 1;
    if (this.#against < (passed ? this.#config.rise : this.#config.fall)) return;
    this.#against = 0;
    this.#group.setHealth(member, passed, fault);
  }
}
