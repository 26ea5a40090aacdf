// What compression has done since the front was made, by coding: plain numbers, incremented on the path.
import type { Coding } from './accept.ts';

export interface CodingTally {
  /** Answers that were compressed on their way, whole or not. */
  answers: number;
  /** Of their bodies, as they came from the target and as they went on. */
  bytesIn: number;
  bytesOut: number;
}

export type CodingTallies = Readonly<Record<Coding, CodingTally>>;

export function startTallies(): CodingTallies {
  return { br: startTally(), zstd: startTally(), gzip: startTally() };
}

const startTally = (): CodingTally => ({ answers: 0, bytesIn: 0, bytesOut: 0 });
