// An nginx configuration as a tree of directives, with what it includes put where it includes it.
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { filesNamed, isGlob, prefixOf } from './prefix.ts';
import { NginxSyntaxError, Tokens } from './tokens.ts';

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

/** Media types, of which Tollgate has its own, and variables of programs that it does not run. */
const NOT_READ = new Set(['mime.types', 'fastcgi_params', 'fastcgi.conf', 'uwsgi_params', 'scgi_params']);

/** Their files are named from the directory of nginx.conf, too. */
const NAMES_FILE = new Set(['ssl_certificate', 'ssl_certificate_key', 'auth_basic_user_file']);

/** @throws NginxSyntaxError with file and line, also for an include that is not there; or the system's error. */
export function readTree(file: string): readonly Directive[] {
  return new Reader(prefixOf(file) ?? dirname(resolve(file))).read(resolve(file), 0);
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

  /** A site without what it includes may be one without its certificate, or its guards. */
  #included(directive: Directive, depth: number): readonly Directive[] {
    if (directive.name !== 'include') return [this.#placed(directive)];
    const { args, file, line } = directive;
    const [pattern = ''] = args;
    if (NOT_READ.has(basename(pattern))) return [directive];
    const fault = (why: string): NginxSyntaxError =>
      new NginxSyntaxError(`${file}:${line}: include ${pattern}: ${why}`);
    if (depth >= MAX_DEPTH) throw fault(`more than ${MAX_DEPTH} files that include one another`);
    const places = [this.#prefix, dirname(file)];
    const files = filesNamed(pattern, places);
    if (files.length === 0 && !isGlob(pattern))
      throw fault(`there is no such file in ${[...new Set(places)].join(' or ')}; nginx would not start`);
    return files.flatMap((one) => this.read(one, depth + 1));
  }

  #placed(directive: Directive): Directive {
    const { name, args } = directive;
    const [path = ''] = args;
    if (!NAMES_FILE.has(name) || path.includes('$') || path.includes(':')) return directive;
    return { ...directive, args: [resolve(this.#prefix, path), ...args.slice(1)] };
  }
}
