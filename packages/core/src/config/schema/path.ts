// Paths of the file system, as written; the loader resolves them against the configuration file's directory.
import { text } from './mapping.ts';

export function path(expected: string) {
  return text(expected, (given) => (given === '' || given.includes('\0') ? undefined : given));
}
