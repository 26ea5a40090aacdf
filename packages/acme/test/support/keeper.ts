// A keeper in a directory of its own, with a clock that the test moves and a front that only remembers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcmeChallenge } from '@tollgate/core';
import { onTestFinished } from 'vitest';
import { Keeper, type KeeperOptions } from '../../src/index.ts';
import type { Authority } from './authority.ts';

export interface Kept {
  readonly keeper: Keeper;
  readonly room: string;
  readonly file: string;
  readonly published: (readonly AcmeChallenge[])[];
  readonly events: () => Record<string, unknown>[];
  installs(): number;
  /** Moves the clock on and wakes the keeper. */
  pass(ms: number): void;
}

export function newRoom(): string {
  const room = join(mkdtempSync(join(tmpdir(), 'tollgate-acme-')), 'room');
  onTestFinished(() => rmSync(join(room, '..'), { recursive: true, force: true }));
  return room;
}

export function keep(
  authority: Authority,
  room: string,
  options: Partial<KeeperOptions> = {},
  start = Date.now(),
): Kept {
  let now = start;
  let installs = 0;
  let wake = new AbortController();
  const published: (readonly AcmeChallenge[])[] = [];
  const lines: Record<string, unknown>[] = [];
  const collect =
    (level: string) =>
    (fields: object, msg: string): void =>
      void lines.push({ level, ...fields, msg });
  const isOver = (until: number): boolean => now >= until;
  const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
    const until = now + ms;
    // A poll of the authority is short and real; a wait for a due time ends when the test moves the clock.
    if (ms < 1000) return sleep(1);
    while (!isOver(until)) {
      signal.throwIfAborted();
      await aborted(AbortSignal.any([signal, wake.signal]));
    }
  };
  const keeper = new Keeper({
    directoryUrl: authority.directoryUrl,
    account: { contacts: ['mailto:me@example.com'], externalAccount: undefined },
    ca: authority.ca,
    challenges: ['http-01', 'tls-alpn-01'],
    room,
    userAgent: 'tollgate-test',
    log: {
      debug: collect('debug'),
      info: collect('info'),
      warn: collect('warn'),
      error: collect('error'),
    },
    publish: async (challenges) => void published.push(challenges),
    installed: async () => void (installs += 1),
    pace: { now: () => now, pollMs: 1, attemptMs: 20_000, wait },
    ...options,
  });
  onTestFinished(() => keeper.close());
  return {
    keeper,
    room,
    file: join(room, 'site.pem'),
    published,
    events: () => lines,
    installs: () => installs,
    pass: (ms) => {
      now += ms;
      wake.abort();
      wake = new AbortController();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
