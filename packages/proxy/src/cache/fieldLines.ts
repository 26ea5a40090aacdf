// Reading flat lists of header fields: names and values in turn.

/** The lines of that name, which is in lower case, in their order. */
export function linesOf(fields: readonly string[], name: string): string[] {
  const lines: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at]?.toLowerCase() === name) lines.push(fields[at + 1] ?? '');
  }
  return lines;
}

const NO_NAMES: ReadonlySet<string> = new Set();

/** Which fields there are, in lower case: to be made once where several are asked about. */
export function namesOf(fields: readonly string[]): ReadonlySet<string> {
  if (fields.length === 0) return NO_NAMES;
  const names = new Set<string>();
  for (let at = 0; at < fields.length; at += 2) names.add((fields[at] ?? '').toLowerCase());
  return names;
}

/** All lines of the name as one value (RFC 9110 5.3); `undefined`: there is none. */
export function valueOf(fields: readonly string[], name: string): string | undefined {
  const lines = linesOf(fields, name);
  return lines.length === 0 ? undefined : lines.join(', ');
}

/** `drops` is asked with each name in lower case. */
export function withoutFields(fields: readonly string[], drops: (name: string) => boolean): string[] {
  return fields.filter((_, at) => !drops((fields[at - (at % 2)] ?? '').toLowerCase()));
}
