// The files that a policy names: error pages, and users with the hashes of their passwords.
import { resolve } from 'node:path';
import { parseUsers } from '../passwordHash.ts';
import { show, type Key } from '../problem.ts';
import type { Reading } from '../reading.ts';
import type { PolicyInput } from '../schema/policy/policy.ts';
import { checkFile, checkRoom, readChecked } from './files.ts';

/** `at`: of the site or route; `directory`: what relative paths start from, absolute. */
export function checkPolicyFiles(
  reading: Reading,
  at: readonly Key[],
  policy: PolicyInput,
  directory: string,
): void {
  for (const [status, file] of policy.errorPages ?? []) {
    checkFile(reading, [...at, 'errorPages', status], file, resolve(directory, file), 'file');
  }
  const disk = typeof policy.cache === 'object' ? policy.cache.disk : undefined;
  if (disk !== undefined) {
    const place = [...at, 'cache', 'disk', 'directory'];
    checkRoom(reading, place, disk.directory, resolve(directory, disk.directory));
  }
  const users = policy.auth === 'off' ? undefined : policy.auth?.basic?.file;
  if (users !== undefined) {
    checkUsers(reading, [...at, 'auth', 'basic', 'file'], users, resolve(directory, users));
  }
}

/** Lines are told by their number, never by what is in them. */
function checkUsers(reading: Reading, at: readonly Key[], given: string, path: string): void {
  const text = readChecked(reading, at, given, path)?.toString('utf8');
  if (text === undefined) return;
  const lines = parseUsers(text);
  const expected = 'expected a line name:hash (bcrypt or scrypt) for each user';
  for (const { line, hash } of lines) {
    if (hash === undefined) reading.report(at, `${expected}, got ${show(given)} (line ${line} has none)`);
  }
  if (lines.length === 0) reading.report(at, `${expected}, got ${show(given)} (it has no user)`);
}
