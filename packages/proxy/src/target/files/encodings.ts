// Content codings that a file can be had in, and which of them a client wants most (RFC 9110 section 12.5.3).

export type Coding = 'br' | 'zstd' | 'gzip';

/** Smallest first for text; a client that gives no preference gets the first it accepts. */
export const CODINGS: readonly Coding[] = ['br', 'zstd', 'gzip'];

export const SIDECAR: Readonly<Record<Coding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' };

/** The codings that the client accepts, best first; without Accept-Encoding none. */
export function acceptedCodings(acceptEncoding: string | undefined): readonly Coding[] {
  if (acceptEncoding === undefined) return [];
  const weights = new Map<string, number>();
  for (const item of acceptEncoding.toLowerCase().split(',')) {
    const [name, ...parameters] = item.split(';');
    weights.set((name ?? '').trim(), weightOf(parameters));
  }
  const weight = (coding: Coding): number => weights.get(coding) ?? weights.get('*') ?? 0;
  return CODINGS.filter((coding) => weight(coding) > 0).toSorted((a, b) => weight(b) - weight(a));
}

function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const weight = /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/.exec(parameter)?.[1];
    if (weight !== undefined) return Number(weight);
  }
  return 1;
}
