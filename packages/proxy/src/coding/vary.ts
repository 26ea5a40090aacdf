// Vary (RFC 9110 section 12.5.5): what else than the address an answer depends on.

/** The names in lower case, each once; `*`: on something that no field tells. */
export function varyNames(vary: string | undefined): readonly string[] | '*' {
  if (vary === undefined) return [];
  const names = vary.split(',').map((name) => name.trim().toLowerCase());
  if (names.includes('*')) return '*';
  return [...new Set(names.filter((name) => name !== ''))];
}

/** The value with one more name, which it may have already. */
export function varyWith(vary: string | undefined, name: string): string {
  const names = varyNames(vary);
  if (vary === undefined || names.length === 0) return name;
  return names === '*' || names.includes(name.toLowerCase()) ? vary : `${vary}, ${name}`;
}
