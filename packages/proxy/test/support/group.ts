// A group of servers that nobody connects to, on a clock of the test's own.
import type { UpstreamConfig, UpstreamServer } from '@tollgate/core';
import { endpointOf } from '../../src/pool/endpoint.ts';
import type { UpstreamFailure } from '../../src/upstream/failure.ts';
import { UpstreamGroup } from '../../src/upstream/group.ts';
import type { UpstreamMember } from '../../src/upstream/member.ts';
import type { Seeker } from '../../src/upstream/seeker.ts';
import { server, upstreamConfig } from './front.ts';

export interface TestGroup {
  readonly group: UpstreamGroup;
  readonly clock: { ms: number };
  /** Who was marked, and who is back. */
  readonly changes: string[];
}

/** `servers`: what differs from a plain one, in their order; they are called a, b, c … */
export function groupOf(
  servers: readonly Partial<UpstreamServer>[],
  more: Partial<UpstreamConfig> = {},
): TestGroup {
  const clock = { ms: 0 };
  const changes: string[] = [];
  const config = upstreamConfig(
    servers.map((one, at) => server(`http://127.0.0.1:${3000 + at}`, { text: nameOf(at), ...one })),
    more,
  );
  const group = new UpstreamGroup(
    config,
    (one) => endpointOf(one, config, { upstreamConnectMs: 1000 }),
    {
      failed: () => undefined,
      marked: ({ text }) => changes.push(`${text} marked`),
      back: ({ text }) => changes.push(`${text} back`),
      unhealthy: ({ text }, fault) => changes.push(`${text} unhealthy: ${fault}`),
      healthy: ({ text }) => changes.push(`${text} healthy`),
    },
    () => clock.ms,
  );
  return { group, clock, changes };
}

const nameOf = (at: number): string => String.fromCodePoint(97 + at);

/** A request that seeks a server, and what became of it. */
export class TestSeeker implements Seeker {
  tried: readonly UpstreamMember[] = [];
  member: UpstreamMember | undefined;
  refusal: UpstreamFailure | undefined;
  readonly #key: string;

  constructor(key = '') {
    this.#key = key;
  }

  hashKey(): string {
    return this.#key;
  }

  granted(member: UpstreamMember): void {
    this.member = member;
  }

  refused(failure: UpstreamFailure): void {
    this.refusal = failure;
  }

  /** The name of the server, or the code of the refusal; `waits` until either. */
  get outcome(): string {
    return this.member?.server.text ?? this.refusal?.code ?? 'waits';
  }
}

/** Seeks and stays. */
export function seek(group: UpstreamGroup, key = '', tried: readonly UpstreamMember[] = []): TestSeeker {
  const seeker = new TestSeeker(key);
  seeker.tried = tried;
  group.seek(seeker);
  return seeker;
}

/** So many requests one after the other, each over before the next: who got them. */
export function turns(group: UpstreamGroup, times: number, key = ''): string[] {
  return Array.from({ length: times }, () => {
    const { member, outcome } = seek(group, key);
    if (member !== undefined) group.leave(member);
    return outcome;
  });
}

export function memberNamed(group: UpstreamGroup, name: string): UpstreamMember {
  const found = group.members.find(({ server: { text } }) => text === name);
  if (found === undefined) throw new Error(`expected a server called ${name}`);
  return found;
}
