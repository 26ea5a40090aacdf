// A reading of the machine: a value, or the reason there is none. What is absent differs from what may not be read.
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

export type Reading<T> = { readonly ok: true; readonly value: T } | Missing;

export interface Missing {
  readonly ok: false;
  /** `absent`: the kernel or the program is not there. `unreadable`: it is, but not for this user. `malformed`: not what the kernel documents. */
  readonly why: 'absent' | 'unreadable' | 'malformed';
  readonly path: string;
  readonly detail: string;
}

/** Where the machine's files begin: `/`, or a staged tree with `proc`, `sys` and `etc` below it. */
export interface HostRoot {
  readonly path: string;
  /** Where the same files are read again and again: reads one that it keeps open. */
  readonly keeper?: { read(path: string): Reading<string> };
}

export const LIVE: HostRoot = { path: '/' };

export const valueOf = <T>(value: T): Reading<T> => ({ ok: true, value });

/** Opens and parses one file; a parser answers `undefined` when the text is not what it expects. */
export function readWith<T>(
  root: HostRoot,
  path: string,
  parse: (text: string) => T | undefined,
): Reading<T> {
  const text = readText(root, path);
  if (!text.ok) return text;
  const value = parse(text.value);
  if (value !== undefined) return { ok: true, value };
  const start = JSON.stringify(text.value.slice(0, 60));
  return { ok: false, why: 'malformed', path, detail: `not in the documented format: ${start}` };
}

export function readText(root: HostRoot, path: string): Reading<string> {
  if (root.keeper !== undefined) return root.keeper.read(path);
  try {
    return { ok: true, value: readFileSync(join(root.path, path), 'utf8') };
  } catch (error) {
    return missing(path, error);
  }
}

const small = Buffer.allocUnsafe(4096);

/** A file of one short line, read at once: half the system calls of readText, for what is read a hundred times a second. */
export function readLine(root: HostRoot, path: string): Reading<string> {
  try {
    const fd = openSync(join(root.path, path), 'r');
    try {
      return { ok: true, value: small.toString('latin1', 0, readSync(fd, small, 0, small.length, null)) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return missing(path, error);
  }
}

/** The names in a directory. */
export function readNames(root: HostRoot, path: string): Reading<readonly string[]> {
  try {
    return { ok: true, value: readdirSync(join(root.path, path)) };
  } catch (error) {
    return missing(path, error);
  }
}

/** A file that holds one integer, as most of /proc/sys does. */
export const readInteger = (root: HostRoot, path: string): Reading<number> =>
  readWith(root, path, parseInteger);

function parseInteger(text: string): number | undefined {
  const trimmed = text.trim();
  return /^-?\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

export function map<T, U>(reading: Reading<T>, change: (value: T) => U): Reading<U> {
  return reading.ok ? { ok: true, value: change(reading.value) } : reading;
}

/** ESRCH: a process that ended between listing and reading is as absent as one that never was. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ESRCH', 'ENXIO', 'ENODEV']);

export function missing(path: string, error: unknown): Missing {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return { ok: false, why: ABSENT.has(code) ? 'absent' : 'unreadable', path, detail: code };
}
