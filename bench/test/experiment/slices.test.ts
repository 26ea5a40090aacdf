import { describe, expect, it } from 'vitest';
import { takeTurns, type Turn } from '../../src/experiment/slices.ts';
import type { ExactReading } from '../../src/lab/core-clock.ts';
import { idleOf } from '../../src/lab/idle-time.ts';
import { generate } from '../../src/load/generator.ts';
import type { LoadReport } from '../../src/load/spec.ts';
import { seededRandom } from '../../src/stats/random.ts';
import { faultyServer } from '../support/faulty-server.ts';
import { loadSpec } from '../support/load-spec.ts';

const BUSY_MICROS_PER_MS = 500;

/** A core in software. Sending to a cell moves the clock; half of the time its program works, and some of the work it puts off. */
class SoftCore {
  readonly sent: string[] = [];
  readonly #spent = new Map<string, number>();
  readonly #putOff = new Map<string, number>();
  readonly #isExact: boolean;
  readonly #sample: LoadReport;
  #atMs = 0;
  #idleMicros = 0;

  constructor(sample: LoadReport, isExact = true) {
    this.#sample = sample;
    this.#isExact = isExact;
  }

  read = (processes: Readonly<Record<string, number>>): Promise<ExactReading> =>
    Promise.resolve({
      atMs: this.#atMs,
      idleMicros: this.#idleMicros,
      stealMicros: 0,
      tasksMicros: this.#spent.values().reduce((sum, micros) => sum + micros, 0),
      processMicros: Object.fromEntries(
        Object.keys(processes).map((name) => [name, this.#spent.get(name) ?? 0]),
      ),
      isExact: this.#isExact,
    });

  turn(key: string, lateMicros = 0, rate = 1000): Turn {
    return {
      key,
      shape: { mode: 'new', connections: 8, rate, warmupMs: 100, durationMs: 400 },
      cell: {
        plan: { name: key },
        pids: { [key]: 1 },
        accepted: () => null,
        send: ({ durationMs }) => {
          this.sent.push(key);
          const others = this.#doWhatOthersPutOff(key);
          this.#spend(key, BUSY_MICROS_PER_MS * durationMs);
          this.#putOff.set(key, lateMicros);
          this.#atMs += durationMs;
          this.#idleMicros += (1000 - BUSY_MICROS_PER_MS) * durationMs - others;
          return Promise.resolve({ ...this.#sample, durationMs });
        },
      },
    };
  }

  #doWhatOthersPutOff(key: string): number {
    const others = this.#putOff
      .entries()
      .filter(([name]) => name !== key)
      .toArray();
    for (const [name, micros] of others) this.#spend(name, micros);
    for (const [name] of others) this.#putOff.delete(name);
    return others.reduce((sum, [, micros]) => sum + micros, 0);
  }

  #spend(key: string, micros: number): void {
    this.#spent.set(key, (this.#spent.get(key) ?? 0) + micros);
  }
}

const sample = async (): Promise<LoadReport> => generate(loadSpec((await faultyServer()).port), () => {});

describe('windows in slices', () => {
  it('take turns, A B B A, and each is charged with its own work alone', async () => {
    const core = new SoftCore(await sample());
    const measured = await takeTurns(core, [core.turn('a'), core.turn('b')], seededRandom(1));
    expect(core.sent.length).toBe(2 + 2 * 8); // one each to open the connections, then eight of 50 ms
    const fours = core.sent.slice(2).join('').match(/.{4}/g) ?? [];
    for (const four of fours) expect(['abba', 'baab']).toContain(four);
    for (const { slices, work, reports } of measured) {
      expect(slices).toBe(8);
      expect(reports.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(400);
      expect(work.busyMicros - (work.foreignMicros ?? 0)).toBe(400 * BUSY_MICROS_PER_MS);
    }
  });

  it('charge what the journal put off to its own window, not to the one in which it was done', async () => {
    const core = new SoftCore(await sample());
    const [journal, b] = await takeTurns(
      core,
      [core.turn('journald', 1000), core.turn('b')],
      seededRandom(1),
    );
    expect(b?.work.busyMicros).toBeGreaterThan(400 * BUSY_MICROS_PER_MS);
    expect((b?.work.busyMicros ?? 0) - (b?.work.foreignMicros ?? 0)).toBe(400 * BUSY_MICROS_PER_MS);
    expect(b?.lateMicros).toBe(0);
    // Done in the other's slices between its own: once for each time that the turn changed in between.
    expect(journal?.lateMicros).toBeGreaterThanOrEqual(3000);
  });

  it('leave out what cost twice as much as its neighbours, and say so', async () => {
    const core = new SoftCore(await sample());
    const slow = core.turn('a');
    let sent = 0;
    const held: Turn = {
      ...slow,
      cell: {
        ...slow.cell,
        // The third slice after the opening is held up for as long again, three times over.
        send: async (shape) => slow.cell.send((sent += 1) === 4 ? { ...shape, durationMs: 200 } : shape),
      },
    };
    const [measured] = await takeTurns(core, [held], seededRandom(1));
    expect([measured?.slices, measured?.leftOut]).toEqual([7, 1]);
    expect(measured?.work.busyMicros).toBe(7 * 50 * BUSY_MICROS_PER_MS);
  });

  it('are longer where requests are few, and whole where the clock is coarse', async () => {
    const slow = new SoftCore(await sample());
    const [few] = await takeTurns(slow, [slow.turn('a', 0, 125)], seededRandom(1));
    expect(few?.slices).toBe(2);
    const coarse = new SoftCore(await sample(), false);
    const [whole] = await takeTurns(coarse, [coarse.turn('a')], seededRandom(1));
    expect(whole?.slices).toBe(1);
  });
});

describe('idle time in nanoseconds', () => {
  const cpu = (core: number, idle: number, iowait: number): string =>
    `cpu: ${core}\n clock 0:\n  .base:       000000002028647f\nactive timers:\n  .nohz           : 1\n` +
    `  .idle_exittime  : 7 nsecs\n  .idle_sleeptime : ${idle} nsecs\n  .iowait_sleeptime: ${iowait} nsecs\n\n`;
  const list = `Timer List Version: v0.10\nnow at 2000500000 nsecs\n\n${cpu(0, 5000, 1000)}${cpu(1, 9000, 0)}`;

  it('is that of the core, input and output included, at the moment the list was made', () => {
    expect(idleOf(list, 0)).toEqual({ atMs: 2000.5, idleMicros: 6 });
    expect(idleOf(list, 1)).toEqual({ atMs: 2000.5, idleMicros: 9 });
  });

  it('is not known for a core that is not there, or has not come yet', () => {
    expect(idleOf(list, 2)).toBeNull();
    expect(idleOf(list.slice(0, list.indexOf('.iowait')), 0)).toBeNull();
  });
});
