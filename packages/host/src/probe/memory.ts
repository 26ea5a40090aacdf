// The machine's memory, which decides how large the kernel makes the connection table.
import { type HostRoot, type Reading, readWith } from './reading.ts';

export interface Memory {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

export const readMemory = (root: HostRoot): Reading<Memory> => readWith(root, 'proc/meminfo', parseMemory);

function parseMemory(text: string): Memory | undefined {
  const kilobytes = (name: string): number | undefined => {
    const cell = text.match(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm'))?.[1];
    return cell === undefined ? undefined : Number(cell);
  };
  const total = kilobytes('MemTotal');
  if (total === undefined) return undefined;
  return { totalBytes: total * 1024, availableBytes: (kilobytes('MemAvailable') ?? total) * 1024 };
}
