// Files that the configuration names must be there and readable: said now, with what to do, and not at the first request.
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { show, type Key } from '../problem.ts';
import type { Reading } from '../reading.ts';

export type FileKind = 'file' | 'directory';

/** Reports what is wrong with the path and says whether it can be used. `given` is as the user wrote it. */
export function checkFile(
  reading: Reading,
  at: readonly Key[],
  given: string,
  path: string,
  kind: FileKind,
): boolean {
  const fault = faultOf(path, kind);
  if (fault === undefined) return true;
  reading.report(at, `expected a readable ${kind}, got ${show(given)} (${fault})`);
  return false;
}

/** A file that will be written: its directory must be there; the file need not. `undefined` when all is well. */
export function logFileFault(path: string): string | undefined {
  if (faultOf(path, 'directory') === undefined) return `${path} is a directory`;
  return faultOf(dirname(path), 'directory', constants.W_OK | constants.X_OK);
}

function faultOf(path: string, kind: FileKind, mode: number = constants.R_OK): string | undefined {
  try {
    const stats = statSync(path);
    if (kind === 'directory' ? !stats.isDirectory() : !stats.isFile()) return `${path} is no ${kind}`;
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    return reasonOf(error, path, mode);
  }
}

function reasonOf(error: unknown, path: string, mode: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `there is no ${path}`;
  if (code !== 'EACCES' && code !== 'EPERM') return `${path}: ${String(code ?? error)}`;
  const verb = mode === constants.R_OK ? 'read' : 'write in';
  return `uid ${process.geteuid?.() ?? '?'} may not ${verb} ${path}; use chown or chmod`;
}
