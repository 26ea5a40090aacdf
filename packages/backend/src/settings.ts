// What `npm run backend` reads from its environment, judged whole before anything starts.

export type Listening =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface Settings {
  readonly listening: Listening;
  readonly tls: boolean;
  readonly requestLog: boolean;
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
    tls: onOrOff(env, 'TLS', true, errors),
    requestLog: onOrOff(env, 'REQUEST_LOG', true, errors),
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

function onOrOff(env: Environment, name: string, fallback: boolean, errors: string[]): boolean {
  const text = env[name] || (fallback ? 'on' : 'off');
  if (text !== 'on' && text !== 'off')
    errors.push(`${name}: expected on or off, got ${JSON.stringify(text)}`);
  return text === 'on';
}
