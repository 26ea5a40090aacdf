// A log file is written for as long as the process lives, so it must be one whose opening and writing wait for nobody.
import { type Stats, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { faultOf, isWritable } from './files.ts';

/** Linux's linux/magic.h: where pipes live that have no name, such as the one behind /dev/stdout. */
const PIPEFS_MAGIC = 0x50495045;

/** A file that will be written: its directory must be there; the file need not. `undefined` when all is well. */
export function logFileFault(path: string): string | undefined {
  const there = statsOf(path);
  return (there && logKindFault(path, there)) ?? faultOf(dirname(path), 'directory', isWritable);
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // Not there yet, or out of reach: its directory says which.
    return undefined;
  }
}

/** A regular file, a character device (/dev/null) or a pipe that this process was given (/dev/stdout) takes lines. */
export function logKindFault(path: string, stats: Stats): string | undefined {
  if (stats.isFile() || stats.isCharacterDevice()) return undefined;
  if (stats.isDirectory()) return `${path} is a directory`;
  if (!stats.isFIFO()) return `${path} is no regular file`;
  // Opening one with a name waits for its reader, for ever if need be.
  return statfsSync(path).type === PIPEFS_MAGIC ? undefined : `${path} is a named pipe and no regular file`;
}
