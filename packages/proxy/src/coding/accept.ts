// Content codings that an answer can be had in, and which of them a client wants most (RFC 9110 section 12.5.3).

export type Coding = 'br' | 'zstd' | 'gzip';

/** Smallest first for text; a client that gives no preference gets the first it accepts. */
export const CODINGS: readonly Coding[] = ['br', 'zstd', 'gzip'];

/** Those of the offered codings that the client accepts, best first; without Accept-Encoding none. */
export function acceptedCodings(
  acceptEncoding: string | string[] | undefined,
  offered: readonly Coding[] = CODINGS,
): readonly Coding[] {
  if (acceptEncoding === undefined) return [];
  const weights = weightsOf(String(acceptEncoding));
  const any = weights.get('*') ?? 0;
  const weight = (coding: Coding): number => weights.get(coding) ?? any;
  // Plain is acceptable without being named; named, it may be wanted more than a coding.
  const plain = weights.get('identity') ?? 0;
  const accepts = (coding: Coding): boolean => weight(coding) > 0 && weight(coding) >= plain;
  return offered.filter((coding) => accepts(coding)).toSorted((a, b) => weight(b) - weight(a));
}

/** Of a coding named twice, the lower weight counts: it was meant to be kept out of something. */
function weightsOf(acceptEncoding: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const item of acceptEncoding.toLowerCase().split(',')) {
    const [given, ...parameters] = item.split(';');
    const name = canonicalName((given ?? '').trim());
    weights.set(name, Math.min(weights.get(name) ?? 1, weightOf(parameters)));
  }
  return weights;
}

/** RFC 9110 8.4.1.3: a recipient takes the old name for the new one. */
function canonicalName(name: string): string {
  return name === 'x-gzip' ? 'gzip' : name;
}

/** A weight that cannot be read is none: a coding that the client may not want is worse than no coding. */
function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [, given] = /^\s*q\s*=(.*)$/.exec(parameter) ?? [];
    if (given !== undefined) return WEIGHT.test(given.trim()) ? Number(given) : 0;
  }
  return 1;
}

const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;
