// `location ~`: a few plain paths, the same files with other fields, or something that nobody gets until it has a route.
import { canonicalPath } from '@tollgate/core';
import { answersByProgram, passOf } from './location.ts';
import type { Context } from './place.ts';
import { closingPatternOf, patternOf, plainPaths, type PlainPaths } from './patterns.ts';
import { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

export interface Prefix {
  readonly path: string;
  /** `^~`: patterns are not looked at below it. */
  readonly isFinal: boolean;
}

export type Fate =
  | ({ readonly kind: 'routes' } & PlainPaths)
  /** Answered as by the route of its path, as nobody is kept out by it. */
  | { readonly kind: 'same' }
  | { readonly kind: 'withheld'; readonly pattern: string };

/** `prefixes`: of the other locations of the block. */
export function fateOf(line: Directive, around: Scope, prefixes: readonly Prefix[], context: Context): Fate {
  const pattern = patternText(line);
  const scope = new Scope(line.block ?? [], around);
  const plain = onlyRefuses(line) ? undefined : plainPaths(pattern);
  if (plain !== undefined && isAlone(plain, prefixes) && !scope.own.some(needsPattern))
    return { kind: 'routes', ...plain };
  if (isSame(scope, around, context)) return { kind: 'same' };
  return { kind: 'withheld', pattern: closingPatternOf(pattern) };
}

export const patternText = ({ args }: Directive): string => args[1] ?? '';

/** Routes go by length; in nginx a pattern comes before every prefix but a final one, which comes before it. */
function isAlone({ paths }: PlainPaths, prefixes: readonly Prefix[]): boolean {
  return paths.every(
    (path) =>
      canonicalPath(path) === path &&
      prefixes.every(({ path: other, isFinal }) =>
        isFinal ? !path.startsWith(other) || other === '/' : !other.startsWith(path),
      ),
  );
}

/** Programs are withheld, and groups stand for text that no route has. */
const needsPattern = (line: Directive): boolean =>
  answersByProgram(line) || line.name === 'location' || line.args.some((word) => /\$\d/.test(word));

/** They change how an answer is sent, and not what it is nor who gets it. */
const MILD =
  /^(?:expires|add_header|access_log|error_log|log_not_found|log_subrequest|etag|if_modified_since|max_ranges|charset|default_type|types|index|gzip\w*|brotli\w*|zstd\w*|open_file_cache\w*|output_buffers|sendfile\w*|tcp_no\w+|aio|directio|limit_rate\w*|limit_req\w*|limit_conn\w*|chunked_transfer_encoding|more_\w+_headers|proxy_(?:set_header|http_version|cache\w*|buffer\w*|busy_buffers_size|hide_header|ignore_headers|redirect|\w+_timeout)|include)$/;

function isSame(scope: Scope, around: Scope, context: Context): boolean {
  return scope.own.every((line) => MILD.test(line.name) || staysInPlace(line, around, context));
}

/** The file of the name, from where it would be taken anyhow; or the same upstream. */
function staysInPlace({ name, args }: Directive, around: Scope, context: Context): boolean {
  if (name === 'root') return around.last('root')?.args[0] === args[0];
  if (name === 'try_files') return args[0] === '$uri';
  if (name !== 'proxy_pass') return false;
  const main = around.here('location').find((line) => line.args.join(' ') === '/');
  const pass = main === undefined ? undefined : passOf(new Scope(main.block ?? [], around), context);
  return pass?.line.args[0] === args[0];
}

/** That nobody gets it is all that it says. */
export function onlyRefuses({ block = [] }: Directive): boolean {
  const [ends] = block.filter(({ name }) => !/^(?:access_log|error_log|log_not_found)$/.test(name));
  const rest = block.filter((line) => line !== ends && !MILD.test(line.name));
  const refuses =
    ends?.name === 'deny'
      ? ends.args[0] === 'all'
      : ends?.name === 'return' && /^4\d\d$/.test(ends.args[0] ?? '');
  return rest.length === 0 && refuses;
}

export const isTold = (line: Directive): boolean => patternOf(patternText(line)) !== undefined;
