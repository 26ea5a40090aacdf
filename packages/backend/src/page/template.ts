// An HTML file with `{{slot}}` marks, compiled once into a function that joins strings.

/** HTML that may go into a page as it is: literal, or made of escaped parts. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');

/** `html\`<b>${text}</b>\`` escapes every value that is not Html itself. */
export function html(literals: TemplateStringsArray, ...values: readonly (string | number | Html)[]): Html {
  let text = literals[0] ?? '';
  values.forEach((value, at) => {
    text += (value instanceof Html ? value.text : escapeHtml(String(value))) + (literals[at + 1] ?? '');
  });
  return new Html(text);
}

export const joinHtml = (parts: readonly Html[]): Html => new Html(parts.map(({ text }) => text).join(''));

/** @throws {Error} when the file has a slot that `slots` does not name, or the reverse. */
export function compileTemplate<Slot extends string>(
  source: string,
  slots: readonly Slot[],
): (values: Readonly<Record<Slot, Html>>) => string {
  const [head = '', ...marked] = source.split('{{');
  const parts = marked.map((part) => {
    const [name = '', literal = ''] = part.split('}}');
    const slot = slots.find((known) => known === name);
    if (slot === undefined) throw new Error(`template: expected one of ${slots.join(', ')}, got {{${name}}}`);
    return { slot, literal };
  });
  const unused = slots.filter((slot) => !parts.some((part) => part.slot === slot));
  if (unused.length > 0) throw new Error(`template: expected {{${unused.join('}}, {{')}}}, got none`);
  return (values) => parts.reduce((page, { slot, literal }) => page + values[slot].text + literal, head);
}
