// The guard in a serving process: looks at the connection table and the accept queues once a second, and speaks only when a level is crossed.
import { readConntrackLimits, readConntrackStats } from '../probe/conntrack.ts';
import type { HostRoot } from '../probe/reading.ts';
import { readListening } from '../probe/sockets.ts';
import { readTunable } from '../probe/tuning.ts';

/** Percent of the table or the queue. */
const LEVELS = [75, 90] as const;
/** Quiet again only below this, so that a load at a level is not told every second. */
const CALM_BELOW = 65;

export interface GuardReading {
  readonly atMs: number;
  readonly conntrack: { readonly entries: number; readonly max: number } | undefined;
  /** The fullest of the ports that are guarded. */
  readonly acceptQueue:
    | { readonly port: number; readonly waiting: number; readonly limit: number }
    | undefined;
}

export interface Alarm {
  readonly about: 'conntrack' | 'accept-queue';
  /** 0: it is over. */
  readonly level: 0 | 75 | 90;
  readonly percent: number;
  readonly text: string;
  /** At the rate of the last seconds; `undefined` when it does not fill. */
  readonly secondsLeft: number | undefined;
}

/** What the guard makes of its last readings. */
export interface GuardOutlook {
  /** The levels it has warned at; 0: calm, or never warned. */
  readonly conntrackLevel: Alarm['level'];
  readonly acceptQueueLevel: Alarm['level'];
  /** Until the connection table is full at the rate of the last seconds; `undefined` when it does not fill. */
  readonly secondsToFull: number | undefined;
}

/** Whose queues are guarded. */
export interface Guarded {
  readonly ports: ReadonlySet<number>;
  /** What the process asked listen(2) for: /proc tells how many wait, not how many may. */
  readonly backlog: number;
}

/** Three small reads, some 150 us. */
export function readGuard(root: HostRoot, { ports, backlog }: Guarded): GuardReading {
  const stats = readConntrackStats(root);
  const limits = readConntrackLimits(root);
  const listening = readListening(root);
  const somaxconn = readTunable(root, 'somaxconn');
  const limit = somaxconn.ok ? Math.min(backlog, somaxconn.value) : backlog;
  const fullest = (listening.ok ? listening.value : [])
    .filter(({ port }) => ports.has(port))
    .toSorted((a, b) => b.acceptQueue - a.acceptQueue)[0];
  return {
    atMs: performance.now(),
    conntrack: stats.ok && limits.ok ? { entries: stats.value.entries, max: limits.value.max } : undefined,
    acceptQueue: fullest && { port: fullest.port, waiting: fullest.acceptQueue, limit },
  };
}

/** Remembers the last readings and the level that was told; `judge` is otherwise pure. */
export class Guard {
  readonly #told = new Map<Alarm['about'], Alarm['level']>();
  readonly #history: GuardReading[] = [];

  judge(reading: GuardReading): readonly Alarm[] {
    this.#history.push(reading);
    if (this.#history.length > KEPT_READINGS) this.#history.shift();
    return [...this.#conntrack(reading), ...this.#acceptQueue(reading)];
  }

  get outlook(): GuardOutlook {
    return {
      conntrackLevel: this.#told.get('conntrack') ?? 0,
      acceptQueueLevel: this.#told.get('accept-queue') ?? 0,
      secondsToFull: this.#secondsToFull(),
    };
  }

  #conntrack({ conntrack }: GuardReading): readonly Alarm[] {
    if (conntrack === undefined || conntrack.max <= 0) return [];
    const { entries, max } = conntrack;
    const secondsLeft = this.#secondsToFull();
    const left = secondsLeft === undefined ? '' : `; full in ${secondsLeft} s at this rate`;
    return this.#cross('conntrack', (entries / max) * 100, secondsLeft, {
      high: `${entries} of ${max} entries of the connection table are used${left}: when it is full, every new connection is dropped (tollgate doctor)`,
      calm: `the connection table is at ${entries} of ${max} entries again`,
    });
  }

  #secondsToFull(): number | undefined {
    const table = this.#history.at(-1)?.conntrack;
    const rate = this.#entriesPerSecond();
    return table !== undefined && rate > 0 ? Math.round((table.max - table.entries) / rate) : undefined;
  }

  #entriesPerSecond(): number {
    const [first, last] = [this.#history[0], this.#history.at(-1)];
    if (first?.conntrack === undefined || last?.conntrack === undefined) return 0;
    const seconds = (last.atMs - first.atMs) / 1000;
    return seconds > 0 ? (last.conntrack.entries - first.conntrack.entries) / seconds : 0;
  }

  #acceptQueue({ acceptQueue }: GuardReading): readonly Alarm[] {
    if (acceptQueue === undefined) return [];
    const { port, waiting, limit } = acceptQueue;
    return this.#cross('accept-queue', (waiting / limit) * 100, undefined, {
      high: `${waiting} connections wait to be accepted on port ${port}, of ${limit}: this process does not keep up`,
      calm: `the accept queue of port ${port} is short again`,
    });
  }

  #cross(
    about: Alarm['about'],
    percent: number,
    secondsLeft: number | undefined,
    texts: { readonly high: string; readonly calm: string },
  ): readonly Alarm[] {
    const told = this.#told.get(about) ?? 0;
    const level = LEVELS.findLast((candidate) => percent >= candidate) ?? 0;
    const calm = told > 0 && percent < CALM_BELOW;
    if (level <= told && !calm) return [];
    this.#told.set(about, level);
    const text = level === 0 ? texts.calm : texts.high;
    return [
      {
        about,
        level,
        percent: Math.round(percent),
        text,
        secondsLeft: level === 0 ? undefined : secondsLeft,
      },
    ];
  }
}

/** Seconds over which the rate is taken. */
const KEPT_READINGS = 6;
