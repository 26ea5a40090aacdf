// Reads parts of the document by their schema, collects every mistake with its place, and saves what can be saved.
import type * as z from 'zod';
import type { ConfigDocument } from './document.ts';
import { pathText, show, type ConfigProblem, type Key } from './problem.ts';

/** A problem with its position, so that the report follows the file. */
interface Found extends ConfigProblem {
  readonly line: number;
  readonly column: number;
}

export class Reading {
  readonly #file: string;
  readonly #document: ConfigDocument;
  readonly #found: Found[] = [];
  readonly #warnings: Found[] = [];

  constructor(file: string, document: ConfigDocument) {
    this.#file = file;
    this.#document = document;
  }

  /**
   * The value by its schema. Mistakes are reported and left out, so that the checks after it see the rest;
   * `undefined` when what is left out is required.
   */
  read<Schema extends z.ZodType>(
    schema: Schema,
    value: unknown,
    at: readonly Key[],
  ): z.output<Schema> | undefined {
    const first = schema.safeParse(value, { reportInput: true });
    if (first.success) return first.data;
    const mistakes = first.error.issues.flatMap((issue) => mistakesOf(issue, []));
    for (const { path, message, isKey } of mistakes) this.report([...at, ...path], message, isKey);
    const rest = mistakes.reduce((left, { path }) => without(left, path), value);
    const second = schema.safeParse(rest);
    return second.success ? second.data : undefined;
  }

  /** `isKey`: the key is the mistake, not its value. */
  report(path: readonly Key[], message: string, isKey = false): void {
    this.#found.push(this.#placed(path, message, isKey));
  }

  warn(path: readonly Key[], message: string): void {
    this.#warnings.push(this.#placed(path, message, false));
  }

  /** Whether nothing at the path or below it was reported: else what is missing there may only have been left out. */
  accepts(path: readonly Key[]): boolean {
    const above = pathText(path);
    return !this.#found.some(
      ({ path }) => path.startsWith(above) && /^(?:$|[.[])/.test(path.slice(above.length)),
    );
  }

  get problems(): readonly ConfigProblem[] {
    return inOrder(this.#found);
  }

  get warnings(): readonly ConfigProblem[] {
    return inOrder(this.#warnings);
  }

  #placed(path: readonly Key[], message: string, isKey: boolean): Found {
    const { line, column } = isKey ? this.#document.placeOfKey(path) : this.#document.placeOf(path);
    return { where: `${this.#file}:${line}:${column}`, path: pathText(path), message, line, column };
  }
}

function inOrder(found: readonly Found[]): readonly ConfigProblem[] {
  return found
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .map(({ where, path, message }) => ({ where, path, message }));
}

interface Mistake {
  readonly path: readonly Key[];
  readonly message: string;
  readonly isKey: boolean;
}

function mistakesOf(issue: z.core.$ZodIssue, base: readonly Key[]): Mistake[] {
  const path = [...base, ...issue.path.map(keyOf)];
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, at) => ({ path: [...path, key], message: messages[at] ?? '', isKey: true }));
  }
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? issue.message;
    return [{ path, message: `${message}, got ${show(issue.path.at(-1))}`, isKey: true }];
  }
  const branch = issue.code === 'invalid_union' ? branchMeant(issue.errors) : undefined;
  if (branch !== undefined) return branch.flatMap((inner) => mistakesOf(inner, path));
  return [{ path, message: `${issue.message}, got ${show(issue.input)}`, isKey: false }];
}

/** The alternative that has the right kind of value with a mistake inside, or one that looked and said no itself. */
function branchMeant(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  return (
    branches.find((issues) =>
      issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
    ) ?? branches.find((issues) => issues.every(({ code }) => code === 'custom'))
  );
}

function keyOf(key: PropertyKey): Key {
  return typeof key === 'symbol' ? String(key) : key;
}

/** The value without what is at the path; a list is left out whole, since its indices are places in the file. */
function without(value: unknown, path: readonly Key[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof key === 'number' || !isRecord(value)) return undefined;
  const inner = rest.length === 0 ? undefined : without(value[key], rest);
  const others = Object.entries(value).filter(([name]) => name !== key);
  return Object.fromEntries(inner === undefined ? others : [...others, [key, inner]]);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
