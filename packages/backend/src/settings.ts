// What `npm run backend` reads from its environment, judged whole before anything starts.
import type { RequestLogMode } from '@tollgate/core';

export type Listening =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface Settings {
  readonly listening: Listening;
  readonly tls: boolean;
  readonly requestLog: RequestLogMode;
}

/** `errors`: every mistake found, each saying what was expected and what was got. */
export type SettingsRead =
  | { readonly kind: 'good'; readonly settings: Settings }
  | { readonly kind: 'bad'; readonly errors: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

export function readSettings(env: Environment): SettingsRead {
  const errors: string[] = [];
  const settings: Settings = {
    listening: listening(env, errors),
    tls: oneOf(env, 'TLS', ON_OR_OFF, errors) === 'on',
    requestLog: oneOf(env, 'REQUEST_LOG', REQUEST_LOG_MODES, errors),
  };
  return errors.length === 0 ? { kind: 'good', settings } : { kind: 'bad', errors };
}

function listening(env: Environment, errors: string[]): Listening {
  const path = env['UNIX_SOCKET'];
  if (path) return { kind: 'unix', path };
  const text = env['PORT'] || '3000';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) errors.push(`PORT: expected a number from 0 to 65535, got ${JSON.stringify(text)}`);
  return { kind: 'tcp', host: env['HOST'] || '127.0.0.1', port };
}

/** The first is taken when the variable is absent or empty. */
const ON_OR_OFF = ['on', 'off'] as const;
const REQUEST_LOG_MODES = ['on', 'off', 'errors', 'auto'] as const satisfies readonly RequestLogMode[];

function oneOf<Word extends string>(
  env: Environment,
  name: string,
  words: readonly [Word, ...Word[]],
  errors: string[],
): Word {
  const text = env[name] || words[0];
  const known = words.find((word) => word === text);
  if (known === undefined) errors.push(`${name}: expected ${words.join(', ')}, got ${JSON.stringify(text)}`);
  return known ?? words[0];
}
