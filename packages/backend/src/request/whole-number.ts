// A whole number from a query, within stated bounds: the one way this site reads its parameters.

export interface Bounds {
  readonly least: number;
  readonly most: number;
  /** Used when the parameter is absent. */
  readonly fallback: number;
}

/** Answered as 400, with its message as the body. */
class BadParameter extends Error {
  readonly statusCode = 400;
}

/** @throws {BadParameter} saying which parameter, what was expected and what was got. */
export function wholeNumber(query: unknown, name: string, { least, most, fallback }: Bounds): number {
  const text = parameter(query, name);
  if (text === undefined) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new BadParameter(
    `${name}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`,
  );
}

/** The parameter's text; a repeated one is taken as none, so that no two readers differ about which counts. */
export function parameter(query: unknown, name: string): string | undefined {
  if (typeof query !== 'object' || query === null || !Object.hasOwn(query, name)) return undefined;
  const value: unknown = Reflect.get(query, name);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
