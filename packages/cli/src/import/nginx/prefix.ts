// Where nginx looks for files that are named without a whole path: in the directory of nginx.conf, whoever names them.
import { existsSync, globSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Up from `file`, or from what it links to: sites-enabled is made of links. `undefined`: there is no nginx.conf. */
export function prefixOf(file: string): string | undefined {
  const starts = [resolve(file), ...(existsSync(file) ? [realpathSync(file)] : [])];
  return starts
    .flatMap((start) => above(start))
    .find((directory) => existsSync(join(directory, 'nginx.conf')));
}

function above(file: string): readonly string[] {
  const directory = dirname(file);
  return directory === file ? [] : [directory, ...above(directory)];
}

/** The first of `directories` that has any; a part of a configuration brought from elsewhere has its parts beside it. */
export function filesNamed(pattern: string, directories: readonly string[]): readonly string[] {
  for (const directory of new Set(directories)) {
    const path = resolve(directory, pattern);
    const found = isGlob(pattern) ? globSync(path).toSorted() : [path].filter((one) => existsSync(one));
    if (found.length > 0) return found;
  }
  return [];
}

/** nginx takes none for an answer, then. */
export const isGlob = (pattern: string): boolean => /[*?[]/.test(pattern);
