// Field names in lower case: few, of which most come with every request or answer.

const lowerNames = new Map<string, string>();
const MOST_NAMES = 512;

export function lowerName(name: string): string {
  let lower = lowerNames.get(name);
  if (lower === undefined) {
    if (lowerNames.size >= MOST_NAMES) lowerNames.clear();
    lower = name.toLowerCase();
    lowerNames.set(name, lower);
  }
  return lower;
}
