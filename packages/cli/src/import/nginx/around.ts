// One site's part of a configuration, with what nginx.conf says for all sites around it: guards, limits, maps, pools.
import { existsSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { prefixOf } from './prefix.ts';
import { readTree, type Directive } from './tree.ts';

/** `main`: of `file`. Empty when it is whole, or there is no nginx.conf above it. @throws As `readTree`. */
export function linesAround(file: string, main: readonly Directive[]): readonly Directive[] {
  const whole = wholeOf(file, main);
  if (whole === undefined) return [];
  const http = readTree(whole).filter(({ name }) => name === 'http');
  const lines = http.flatMap(({ block }) => block ?? []);
  return lines.filter((line) => line.name !== 'server' && !isOf(line, file));
}

/** The nginx.conf that `file` is a part of. */
export function wholeOf(file: string, main: readonly Directive[]): string | undefined {
  const prefix = prefixOf(file);
  const isWhole = basename(file) === 'nginx.conf' || main.some(({ name }) => name === 'http');
  return isWhole || prefix === undefined ? undefined : join(prefix, 'nginx.conf');
}

/** It includes the part itself, by a link perhaps. */
const isOf = (line: Directive, file: string): boolean =>
  existsSync(line.file) && realpathSync(line.file) === realpathSync(file);
