// An nginx configuration as a tree of directives, with what it includes put where it includes it.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Tokens } from './tokens.ts';

export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly file: string;
  readonly line: number;
  /** The directives between its braces. */
  readonly block?: readonly Directive[];
}

/** nginx has no such bound; a file that includes itself would be read for ever. */
const MAX_DEPTH = 16;

/** Media types: Tollgate has its own. */
const NOT_READ = new Set(['mime.types']);

/**
 * @throws NginxSyntaxError with file and line, or the system's error when `file` cannot be read. An `include` that names
 * nothing stays in the tree as it is.
 */
export function readTree(file: string): readonly Directive[] {
  return new Reader(dirname(resolve(file))).read(resolve(file), 0);
}

class Reader {
  readonly #prefix: string;

  /** `prefix`: what relative includes start from. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  read(file: string, depth: number): readonly Directive[] {
    const tokens = new Tokens(readFileSync(file, 'utf8'), file);
    const directives = this.#block(tokens, file, depth, false);
    return directives;
  }

  #block(tokens: Tokens, file: string, depth: number, nested: boolean): Directive[] {
    const directives: Directive[] = [];
    for (;;) {
      const token = tokens.next();
      if (token === undefined) {
        if (nested) throw tokens.fault('expected "}", got the end of the file');
        return directives;
      }
      if (token.kind === '}' && nested) return directives;
      if (token.kind !== 'word') throw tokens.fault(`expected a directive, got "${token.text}"`, token.line);
      directives.push(...this.#directive(tokens, file, depth, token));
    }
  }

  #directive(
    tokens: Tokens,
    file: string,
    depth: number,
    { text: name, line }: { readonly text: string; readonly line: number },
  ): readonly Directive[] {
    const args: string[] = [];
    for (;;) {
      const token = tokens.next();
      if (token === undefined || token.kind === '}')
        throw tokens.fault(
          `expected ";" or "{" after ${name}, got ${token?.text ?? 'the end of the file'}`,
          line,
        );
      if (token.kind === 'word') args.push(token.text);
      else if (token.kind === ';') return this.#included({ name, args, file, line }, depth);
      else if (name.endsWith('_by_lua_block')) {
        tokens.skipBlock();
        return [{ name, args, file, line }];
      } else return [{ name, args, file, line, block: this.#block(tokens, file, depth, true) }];
    }
  }

  #included(directive: Directive, depth: number): readonly Directive[] {
    const [pattern = ''] = directive.args;
    if (directive.name !== 'include' || NOT_READ.has(basename(pattern)) || depth >= MAX_DEPTH)
      return [directive];
    const files = this.#filesOf(resolve(this.#prefix, pattern));
    return files.length === 0 ? [directive] : files.flatMap((file) => this.read(file, depth + 1));
  }

  #filesOf(pattern: string): readonly string[] {
    if (/[*?[]/.test(pattern)) return globSync(pattern).toSorted();
    return existsSync(pattern) ? [pattern] : [];
  }
}
