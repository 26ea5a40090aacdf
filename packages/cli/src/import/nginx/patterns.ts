// A pattern of nginx (PCRE) as JavaScript reads it, and the plain paths that many of them only stand for.

/** `u` refuses what JavaScript would read in another way than PCRE, such as `\A`. */
const FLAGS = 'iu';
/** Of `withhold`. */
const MAX_PATTERN = 500;

/** For `withhold` and `rewrite`. `undefined`: what it matches cannot be told. */
export function patternOf(pcre: string): string | undefined {
  const source = pcre.replace(/^\(\?i\)/, '').replaceAll('(?P<', '(?<');
  return [source, withoutNeedlessEscapes(source)].find((given) => isPattern(given));
}

/** Everything, where it cannot be told what. */
export const closingPatternOf = (pcre: string): string => patternOf(pcre) ?? '^/';

function isPattern(source: string): boolean {
  if (source === '' || source.length > MAX_PATTERN) return false;
  try {
    return new RegExp(source, FLAGS).source !== '';
  } catch {
    return false;
  }
}

/** PCRE takes a backslash before any sign; a hyphen needs it in brackets. */
function withoutNeedlessEscapes(source: string): string {
  return source.replaceAll(/\[(?:\\.|[^\]\\])*\]|\\[-_~@%#"' :,=!<>;&`]/g, (found) =>
    found.startsWith('[') ? found.replaceAll(/\\([_~@%#"' :,=!<>;&`])/g, '$1') : found.slice(1),
  );
}

export const escaped = (path: string): string => path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

export interface PlainPaths {
  readonly paths: readonly string[];
  /** It ends within a segment: `^/api` is `/apix`, too. */
  readonly isPartial: boolean;
}

const LITERAL = String.raw`[\w/~-]|\\[./_-]`;
const HEAD = String.raw`(?:${LITERAL}|\((?:\?:)?(?:${LITERAL}|\|)+\))+?`;
const TAIL = String.raw`\((?:\?:)?/\|\$\)|\(/\.\*\)\?\$?|/\(\.\*\)\$?|/\.\*\$?|/|\$|`;
const PLAIN = new RegExp(`^\\^(${HEAD})(${TAIL})$`);

/** `^/(a|b)/` is two paths. `undefined`: it is a pattern indeed. */
export function plainPaths(pattern: string): PlainPaths | undefined {
  const [, head, tail = ''] = PLAIN.exec(pattern) ?? [];
  if (head === undefined) return undefined;
  const paths = alternatives(head).map((path) => path.replaceAll('\\', ''));
  if (!paths.every((path) => /^\/[^/]/.test(path) && !path.includes('//'))) return undefined;
  if (tail === '$') return { paths, isPartial: false };
  if (tail.startsWith('/')) return { paths: paths.map((path) => `${path}/`), isPartial: false };
  const both = paths.flatMap((path) => (path.endsWith('/') ? [path] : [path, `${path}/`]));
  return { paths: both, isPartial: tail === '' && !paths.every((path) => path.endsWith('/')) };
}

function alternatives(head: string): readonly string[] {
  const [, before, inside = '', after = ''] = /^(.*?)\((?:\?:)?([^)]*)\)(.*)$/.exec(head) ?? [];
  if (before === undefined) return [head];
  return inside.split('|').flatMap((one) => alternatives(`${before}${one}${after}`));
}
