// Markup that cannot be injected into: whatever is put into the template is escaped, unless it is markup itself.

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Markup | string | number | readonly Markup[];

/** Tag for templates; lists of markup are joined. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const text = strings.map((string, index) => string + textOf(pieces[index] ?? '')).join('');
  return new Markup(text);
}

/** Text that is already markup: our own files, and SVG made by `html`. */
export const raw = (text: string): Markup => new Markup(text);

function textOf(piece: Piece): string {
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(({ text }) => text).join('\n');
  return escape(unbroken(String(piece)));
}

/** A figure and its unit stay on one line. */
const unbroken = (text: string): string => text.replaceAll(/(\d) (?=µs|ms|%|GiB|MiB)/g, '$1\u00a0');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** Data for a script: nothing in it can close the element. */
export const json = (value: unknown): Markup =>
  raw(JSON.stringify(value).replaceAll('<', String.raw`\u003c`));
