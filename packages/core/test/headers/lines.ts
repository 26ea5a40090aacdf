// Header fields as one reads them, `Name: value` a line, for the flat arrays that the code works on.

/** Lines to names and values in turn. */
export function flat(...lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const colon = line.indexOf(': ', 1);
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
}

/** Names and values in turn to lines. */
export function lines(fields: readonly string[]): string[] {
  return fields.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${fields[at + 1]}`] : []));
}
