// A mistake in the configuration: where, at which key, what was expected and what was got.

export interface ConfigProblem {
  /** `FILE:LINE:COLUMN`, or the name of the environment variable or flag. */
  readonly where: string;
  /** As one would write it: `sites[0].tls.key`; empty for the file as a whole and for variables and flags. */
  readonly path: string;
  /** `expected …, got …`. */
  readonly message: string;
}

/** All mistakes of one reading, in the order of the file. Nothing was applied. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(problemText).join('\n'));
    this.problems = problems;
  }
}

/** `FILE:LINE:COLUMN: path: expected …, got …`. */
export function problemText({ where, path, message }: ConfigProblem): string {
  return path === '' ? `${where}: ${message}` : `${where}: ${path}: ${message}`;
}

export type Key = string | number;

/** `sites[0].tls.key` */
export function pathText(path: readonly Key[]): string {
  return path.map((key, at) => (typeof key === 'number' ? `[${key}]` : at === 0 ? key : `.${key}`)).join('');
}

/** A value in an error: scalars as written, the rest by what it is; never long, and never a whole secret file. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number') return String(value); // also .inf and .nan, which JSON has not
  return JSON.stringify(typeof value === 'string' && value.length > 60 ? `${value.slice(0, 57)}...` : value);
}
