// `withhold`: paths that nobody gets. Held against every spelling that a target could take for the same path.
import type { RouteConfig } from '@tollgate/core';
import type { GuardRefusal, PolicyPart } from './seam.ts';

const WITHHELD: GuardRefusal = { code: 'path-withheld', fields: [] };

/** Of a file, made by the site's own build: it tells what the file does. */
const COPY = /\.(?:gz|br|zst)$/i;

export function withholdPart(patterns: readonly string[], { target }: RouteConfig): PolicyPart {
  const all = patterns.map((source) => new RegExp(source, 'iu'));
  const isWithheld = (path: string): boolean => all.some((pattern) => pattern.test(path));
  const indexes = target.kind === 'files' ? target.files.index : [];
  return {
    guard: ({ path }) => {
      if (isWithheld(path)) return WITHHELD;
      return otherNames(path, indexes).some(isWithheld) ? WITHHELD : undefined;
    },
  };
}

/** What else a path may stand for. */
function otherNames(path: string, indexes: readonly string[]): readonly string[] {
  const plain = plainPath(path);
  const names = plain === path ? [] : [plain];
  if (plain.endsWith('/')) return [...names, ...indexes.map((index) => `${plain}${index}`)];
  return COPY.test(plain) ? [...names, plain.replace(COPY, '')] : names;
}

/** As a target may see it that decodes first, and takes several slashes for one. */
function plainPath(path: string): string {
  if (!path.includes('%') && !path.includes('//')) return path;
  return decoded(path).replace(/\/{2,}/g, '/');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Bytes that are no UTF-8: each is a character.
    return path.replaceAll(/%([0-9A-F]{2})/g, (_, byte: string) =>
      String.fromCharCode(Number.parseInt(byte, 16)),
    );
  }
}
