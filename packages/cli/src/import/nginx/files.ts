// What answers from a directory: `root` or `alias`, `index`, `try_files`.
import { existsSync } from 'node:fs';
import { cacheControlOf } from './policy.ts';
import type { Ledger } from './ledger.ts';
import type { Place } from './place.ts';
import { isRecord, type Values } from './output.ts';
import type { Directive } from './tree.ts';

export function filesAt(
  path: string,
  place: Pick<Place, 'scope' | 'prefix' | 'withheld'>,
  ledger: Ledger,
): Values | undefined {
  const { scope, withheld } = place;
  const directory = directoryAt(path, place, ledger);
  if (typeof directory !== 'string') return directory;
  const served = (name: string): boolean =>
    !withheld.some((pattern) =>
      new RegExp(pattern, 'iu').test(`${path.slice(0, path.lastIndexOf('/') + 1)}${name}`),
    );
  const fallback = fallbackOf(scope.here('try_files')[0], served, ledger);
  const expires = scope.last('expires');
  const cacheControl = cacheControlOf(expires);
  const index = indexOf(scope.last('index'), served, ledger);
  ledger.carried(expires);
  for (const line of scope.here('types', 'default_type'))
    ledger.left(line, 'files have the media types of Tollgate');
  return {
    files: {
      directory,
      ...(index !== undefined && { index }),
      ...(cacheControl !== undefined && { cacheControl }),
      ...(fallback !== undefined && { fallback }),
    },
  };
}

/** `alias` stands for the location's own path, `root` for what comes before it. */
function directoryAt(
  path: string,
  { scope, prefix }: Pick<Place, 'scope' | 'prefix'>,
  ledger: Ledger,
): string | Values | undefined {
  const [alias] = scope.here('alias');
  const given = alias ?? scope.last('root');
  const [base = ''] = given?.args ?? [];
  if (!base.startsWith('/') || base.includes('$')) {
    ledger.left(
      given,
      'a directory is a fixed path from the root on, without variables; until you write it, 403',
    );
    return undefined;
  }
  ledger.carried(given);
  const own = path.slice(0, path.lastIndexOf('/') + 1);
  if (alias === undefined) return `${base.replace(/\/$/, '')}${own}`;
  if (path.endsWith('/')) return base;
  const name = path.slice(own.length);
  if (base.endsWith(`/${name}`)) return base.slice(0, -name.length);
  if (prefix !== undefined && scope.own.length > 0 && base.endsWith('/'))
    return { redirect: { to: `${path}/`, status: 301 } };
  ledger.left(alias, 'a file under another name; until you rename it, 403');
  return undefined;
}

export function isAbsent({ files }: Values): boolean {
  return isRecord(files) && typeof files['directory'] === 'string' && !existsSync(files['directory']);
}

/** A program's file is not what the program answers with. */
const isProgram = (name: string): boolean => /\.(?:php\d?|phtml|cgi|pl|py)$/i.test(name);

function indexOf(
  line: Directive | undefined,
  served: (name: string) => boolean,
  ledger: Ledger,
): readonly string[] | undefined {
  if (line === undefined) return undefined;
  ledger.carried(line);
  const names = line.args.filter((name) => /^[^/$]+$/.test(name) && !isProgram(name) && served(name));
  if (names.length < line.args.length)
    ledger.left(
      line,
      'an index is a file that is sent as it is, not a program, and one that nothing keeps back',
    );
  return names;
}

/** Tried are the name itself and the directory; what answers in the end is one file, or 404. */
function fallbackOf(
  line: Directive | undefined,
  served: (name: string) => boolean,
  ledger: Ledger,
): string | undefined {
  if (line === undefined) return undefined;
  ledger.carried(line);
  const given = line.args.at(-1) === '=404' ? line.args.slice(0, -1) : line.args;
  const last = given.at(-1) ?? '';
  const isFile = /^\/[^$?=]+(?:\?.*)?$/.test(last);
  const tried = isFile || line.args.at(-1) !== '=404' ? given.slice(0, -1) : given;
  if (tried.some((name) => !/^\$uri\/?$/.test(name)))
    ledger.left(line, 'a file is tried under its own name, then as a directory');
  if (!isFile && line.args.at(-1) === '=404') return undefined;
  const name = last.replace(/\?.*$/, '').replace(/^\//, '');
  if (isFile && !isProgram(name) && served(name) && !/(?:^|\/)\./.test(name)) return name;
  ledger.left(line, 'what answers in the end is one file that is sent as it is, or 404');
  return undefined;
}
