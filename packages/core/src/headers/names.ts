// A fixed set of field names, asked once per field of each message: length and first letter turn most names away.

/** Gives the name in lower case when it is in the set, else `undefined`. */
export type NameSet = (name: string) => string | undefined;

/** `names` in lower case. */
export function compileNames(names: readonly string[]): NameSet {
  const set = new Set(names);
  const maybe = new Uint8Array(1024);
  for (const name of names) maybe[slot(name)] = 1;
  return (name) => {
    if (maybe[slot(name)] === 0) return undefined;
    const lower = name.toLowerCase();
    return set.has(lower) ? lower : undefined;
  };
}

/** Five bits of length and five of the first letter, which are the same in either case. */
function slot(name: string): number {
  return ((name.length & 31) << 5) | (name.charCodeAt(0) & 31);
}
