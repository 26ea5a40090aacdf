// Shared limits need a place to be kept in, and what that place is reached with must be there.
import { resolve } from 'node:path';
import type { Key } from '../problem.ts';
import type { Reading } from '../reading.ts';
import type { PolicyInput } from '../schema/policy/policy.ts';
import type { RootFrame } from '../schema/root.ts';
import type { PlacedSite } from '../sites.ts';
import { checkFile, warnOfReaders } from './files.ts';

export function checkRedis(
  reading: Reading,
  { redis }: RootFrame,
  sites: readonly PlacedSite[],
  directory: string,
): void {
  if (redis === undefined) {
    for (const { at, frame, routes } of sites) {
      if (frame !== undefined) checkUnshared(reading, at, frame);
      for (const { at: place, given } of routes) checkUnshared(reading, place, given);
    }
    return;
  }
  const { passwordFile, ca, server } = redis;
  if (passwordFile !== undefined) {
    const path = resolve(directory, passwordFile);
    checkFile(reading, ['redis', 'passwordFile'], passwordFile, path, 'file');
    warnOfReaders(reading, ['redis', 'passwordFile'], passwordFile, path, 'password');
  }
  if (ca === undefined) return;
  checkFile(reading, ['redis', 'ca'], ca, resolve(directory, ca), 'file');
  if (!server.tls)
    reading.report(['redis', 'ca'], 'expected rediss:// beside it, got a server without TLS', true);
}

function checkUnshared(reading: Reading, at: readonly Key[], { rateLimit }: PolicyInput): void {
  if (rateLimit === undefined || rateLimit === 'off' || rateLimit.shared === 'off') return;
  if (!reading.accepts(['redis'])) return;
  const got = `got "${rateLimit.shared}" without it`;
  reading.report([...at, 'rateLimit', 'shared'], `expected a root key redis with server, ${got}`);
}
