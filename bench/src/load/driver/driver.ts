// What another load tool is asked and what it can answer: a cross-check of our own generator, where it can be had.
import type { ConnectionMode, LoadSpec } from '../spec.ts';

export interface DriverReport {
  readonly tool: string;
  readonly good: number;
  /** As the tool counts them, in one sum: none of them tells the phases apart. */
  readonly failed: number;
  readonly durationMs: number;
  /** The tool's own CPU from start to end, its start included. */
  readonly cpuMicros: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface Driver {
  readonly tool: string;
  /** What it does not do right, each reproduced: read its figures with these in mind. */
  readonly knownFaults: readonly string[];
  /** Modes in which its counts can be believed. */
  readonly modes: readonly ConnectionMode[];
  /** Closed loop only. Rejects when the tool is missing or ends with an error. */
  run(spec: LoadSpec, cpu?: number): Promise<DriverReport>;
}

export function urlOf({ scheme, host, port, path }: LoadSpec): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}

export const seconds = (spec: LoadSpec): number => Math.max(1, Math.round(spec.durationMs / 1000));
