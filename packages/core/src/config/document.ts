// The configuration file as YAML 1.2 (so `on` is a word and JSON is valid), with a place for every key.
import { isCollection, isMap, isNode, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair } from 'yaml';
import type { ConfigProblem, Key } from './problem.ts';

/** One-based. */
interface Place {
  readonly line: number;
  readonly column: number;
}

export interface ConfigDocument {
  /** Plain values; `undefined` when the text is not YAML. */
  readonly value: unknown;
  /** Mistakes of the text itself: syntax, duplicate keys, unknown tags and aliases. */
  readonly problems: readonly ConfigProblem[];
  /** The value at the path, or of the nearest key above it that exists. */
  readonly placeOf: (path: readonly Key[]) => Place;
  /** The key itself, for one that should not be there. */
  readonly placeOfKey: (path: readonly Key[]) => Place;
}

/** Never throws. `file` is the name used in problems. */
export function readDocument(text: string, file: string): ConfigDocument {
  const place = (offset: number): Place => placeIn(text, offset);
  const where = ({ line, column }: Place): string => `${file}:${line}:${column}`;
  try {
    const document = parseDocument(text, { prettyErrors: false });
    const mistakes = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
      where: where(place(pos[0])),
      path: '',
      message: `expected valid YAML, got an error: ${firstLine(message)}`,
    }));
    const oddKeys = keysThatAreNoWords(document).map((offset) => ({
      where: where(place(offset)),
      path: '',
      message: 'expected a word as key, got a list, a mapping or nothing',
    }));
    const problems = [...mistakes, ...oddKeys];
    return {
      value: problems.length === 0 ? document.toJS() : undefined,
      problems,
      placeOf: (path) => place(offsetOf(document, path, 'value')),
      placeOfKey: (path) => place(offsetOf(document, path, 'key')),
    };
  } catch (error) {
    // Unresolved or exponential aliases are found only while values are made, endless nesting while it is parsed.
    const reason = error instanceof Error ? firstLine(error.message) : 'unreadable';
    const start = { line: 1, column: 1 };
    const problem = {
      where: where(start),
      path: '',
      message: `expected valid YAML, got an error: ${reason}`,
    };
    return { value: undefined, problems: [problem], placeOf: () => start, placeOfKey: () => start };
  }
}

/** Counted here: the parser's own counter misses line breaks that end some malformed tokens. */
function placeIn(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

function keysThatAreNoWords(document: Document): number[] {
  const offsets: number[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (isCollection(key) || (isScalar(key) && key.value === null)) offsets.push(startOf(key) ?? 0);
    },
  });
  return offsets;
}

function offsetOf(document: Document, path: readonly Key[], what: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, key] of path.entries()) {
    const child = childOf(document, node, key);
    if (child === undefined) return offset;
    const last = depth === path.length - 1;
    offset = startOf(last && what === 'key' ? child.key : child.value) ?? startOf(child.key) ?? offset;
    node = child.value;
  }
  return offset;
}

interface Child {
  readonly key: unknown;
  readonly value: unknown;
}

function childOf(document: Document, parent: unknown, key: Key): Child | undefined {
  const node = resolved(document, parent);
  if (isSeq(node)) {
    const value = typeof key === 'number' ? node.items[key] : undefined;
    return value === undefined ? undefined : { key: value, value };
  }
  const pair = isMap(node) ? node.items.find((item) => keyText(item) === String(key)) : undefined;
  if (pair === undefined) return undefined;
  // `listen:` with nothing after it has a value of no width somewhere below; its key is what one looks for.
  const empty = isScalar(pair.value) && pair.value.value === null && pair.value.source === '';
  return { key: pair.key, value: empty ? pair.key : pair.value };
}

function resolved(document: Document, node: unknown): unknown {
  return isNode(node) && 'resolve' in node ? node.resolve(document) : node;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? rangeStart(node) : undefined;
}

function rangeStart(node: Node): number | undefined {
  return node.range?.[0];
}
