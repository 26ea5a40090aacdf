// What an authority says ends in logs, files and terminals: one line, no control characters, never long.

/** `most`: in UTF-16 code units. */
export function printable(text: string, most: number): string {
  const line = text.replaceAll(/\p{C}+/gu, ' ');
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
