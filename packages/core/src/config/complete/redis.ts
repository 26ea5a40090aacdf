// Where shared limits are kept, complete: paths absolute, the wait in milliseconds.
import { resolve } from 'node:path';
import type { RootFrame } from '../schema/root.ts';
import type { RedisConfig } from '../types.ts';

export function completeRedis(given: NonNullable<RootFrame['redis']>, directory: string): RedisConfig {
  const { server, user, passwordFile, ca, prefix, wait } = given;
  const { address } = server;
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(directory, path);
  return {
    server:
      address.kind === 'unix'
        ? { ...server, address: { kind: 'unix', path: resolve(directory, address.path) } }
        : server,
    user,
    passwordFile: absolute(passwordFile),
    ca: absolute(ca),
    prefix,
    waitMs: wait,
  };
}
