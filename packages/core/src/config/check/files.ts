// Files that the configuration names must be there and readable: said now, with what to do, and not at the first request.
import { accessSync, closeSync, constants, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { show, type Key } from '../problem.ts';
import type { Reading } from '../reading.ts';

type FileKind = 'file' | 'directory';

/** Reports what is wrong with the path. `given` is as the user wrote it, `path` absolute. */
export function checkFile(
  reading: Reading,
  at: readonly Key[],
  given: string,
  path: string,
  kind: FileKind,
): void {
  const fault = faultOf(path, kind, opens);
  if (fault !== undefined) reading.report(at, `expected a readable ${kind}, got ${show(given)} (${fault})`);
}

/** As `checkFile`, and gives the content; `undefined` when it was reported. */
export function readChecked(
  reading: Reading,
  at: readonly Key[],
  given: string,
  path: string,
): Buffer | undefined {
  let content: Buffer | undefined;
  const fault = faultOf(path, 'file', () => {
    content = readFileSync(path);
  });
  if (fault !== undefined) reading.report(at, `expected a readable file, got ${show(given)} (${fault})`);
  return content;
}

/** `what`: the secret in the file. */
export function warnOfReaders(
  reading: Reading,
  at: readonly Key[],
  given: string,
  path: string,
  what: string,
): void {
  const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
  if ((mode & 0o004) === 0) return;
  reading.warn(
    at,
    `expected a ${what} that only its owner reads, got ${show(given)} with mode ${mode.toString(8)}`,
  );
}

/** Reports a directory that is to be made, or written in, and cannot be. */
export function checkRoom(reading: Reading, at: readonly Key[], given: string, path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  const fault = faultOf(there === undefined ? dirname(path) : path, 'directory', isWritable);
  if (fault !== undefined)
    reading.report(at, `expected a directory to write in, got ${show(given)} (${fault})`);
}

/** `attempt` throws when the path cannot be used. */
export function faultOf(path: string, kind: FileKind, attempt: (path: string) => void): string | undefined {
  try {
    const stats = statSync(path);
    if (kind === 'directory' ? !stats.isDirectory() : !stats.isFile()) return `${path} is no ${kind}`;
    attempt(path);
    return undefined;
  } catch (error) {
    return reasonOf(error, path, attempt === isWritable ? 'write in' : 'read');
  }
}

/** Opened and not asked for with access(2), which answers for the real user and not the one in force. */
function opens(path: string): void {
  closeSync(openSync(path, 'r'));
}

export function isWritable(path: string): void {
  accessSync(path, constants.W_OK | constants.X_OK);
}

function reasonOf(error: unknown, path: string, verb: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `there is no ${path}`;
  if (code !== 'EACCES' && code !== 'EPERM') return `${path}: ${String(code ?? error)}`;
  return `uid ${process.geteuid?.() ?? '?'} may not ${verb} ${path}; use chown or chmod`;
}
