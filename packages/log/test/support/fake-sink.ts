// A sink whose answers a test scripts: each write takes the next answer, then all bytes.
import type { Sink } from '../../src/sink/sink.ts';

export type Answer = 'all' | 'never' | number | Error;

export interface FakeSink extends Sink {
  /** What was taken, as text. */
  readonly taken: () => string;
  /** How many bytes each write offered. */
  readonly offered: number[];
  /** Writes begun while another was outstanding. */
  readonly overlaps: () => number;
  readonly closed: () => boolean;
  readonly answers: Answer[];
  reopenError: Error | undefined;
  readonly reopens: () => number;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

export function fakeSink(...answers: Answer[]): FakeSink {
  const chunks: Buffer[] = [];
  const offered: number[] = [];
  let outstanding = 0;
  let overlaps = 0;
  let closed = false;
  let reopens = 0;
  const take = async (chunk: Buffer): Promise<number> => {
    const answer = answers.shift() ?? 'all';
    await Promise.resolve();
    if (answer instanceof Error) throw answer;
    if (answer === 'never') return new Promise(() => {});
    const taken = answer === 'all' ? chunk.length : Math.min(answer, chunk.length);
    chunks.push(chunk.subarray(0, taken));
    return taken;
  };
  return {
    taken: () => Buffer.concat(chunks).toString(),
    offered,
    overlaps: () => overlaps,
    closed: () => closed,
    answers,
    reopenError: undefined,
    reopens: () => reopens,
    write(chunk) {
      offered.push(chunk.length);
      if (outstanding > 0) overlaps += 1;
      outstanding += 1;
      return take(chunk).finally(() => {
        outstanding -= 1;
      });
    },
    async reopen() {
      if (this.reopenError !== undefined) throw this.reopenError;
      chunks.length = 0;
      reopens += 1;
    },
    async close() {
      closed = true;
    },
  };
}
