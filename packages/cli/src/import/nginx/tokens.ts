// The words of an nginx configuration, as nginx's own reader cuts them (src/core/ngx_conf_file.c), each with its line.

export interface Token {
  readonly kind: 'word' | '{' | '}' | ';';
  readonly text: string;
  readonly line: number;
}

/** What an nginx file cannot be read as. */
export class NginxSyntaxError extends Error {}

const SPACE = /\s/;
const ENDS_WORD = /[\s;{]/;

export class Tokens {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #line = 1;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  /** `undefined` at the end. @throws NginxSyntaxError with file and line. */
  next(): Token | undefined {
    this.#skipBlank();
    const first = this.#text[this.#at];
    if (first === undefined) return undefined;
    if (first === '{' || first === '}' || first === ';') {
      this.#at += 1;
      return { kind: first, text: first, line: this.#line };
    }
    const line = this.#line;
    const text = first === '"' || first === "'" ? this.#quoted(first) : this.#word();
    return { kind: 'word', text, line };
  }

  /** The text up to the brace that closes the block just opened: another language's, such as Lua. */
  skipBlock(): void {
    for (let depth = 1; depth > 0; this.#step()) {
      const char = this.#text[this.#at];
      if (char === undefined) throw this.fault('expected "}", got the end of the file');
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
    }
  }

  fault(message: string, line = this.#line): NginxSyntaxError {
    return new NginxSyntaxError(`${this.#file}:${line}: ${message}`);
  }

  #skipBlank(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) return;
      if (char === '#') while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at += 1;
      else if (SPACE.test(char)) this.#step();
      else return;
    }
  }

  #quoted(quote: string): string {
    const begun = this.#line;
    let text = '';
    this.#at += 1;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) throw this.fault(`expected a closing ${quote}, got the end of the file`, begun);
      this.#step();
      if (char === quote) return text;
      text += char === '\\' ? this.#escaped() : char;
    }
  }

  #word(): string {
    let text = '';
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) return text;
      if (ENDS_WORD.test(char) && !(char === '{' && text.endsWith('$'))) return text;
      this.#step();
      text += char === '\\' ? this.#escaped() : char;
      if (text.endsWith('${')) text += this.#variableRest();
    }
  }

  #variableRest(): string {
    const end = this.#text.indexOf('}', this.#at);
    if (end < 0) throw this.fault('expected "}" after "${"');
    const rest = this.#text.slice(this.#at, end + 1);
    this.#at = end + 1;
    return rest;
  }

  /** nginx takes the backslash away from quotes, itself and the three blanks; before others it stays. */
  #escaped(): string {
    const char = this.#text[this.#at] ?? '';
    this.#step();
    if (char === '"' || char === "'" || char === '\\') return char;
    return { t: '\t', r: '\r', n: '\n' }[char] ?? `\\${char}`;
  }

  #step(): void {
    if (this.#text[this.#at] === '\n') this.#line += 1;
    this.#at += 1;
  }
}
