// Which configuration file a command means: the flag, the environment, then the places a person would look.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandFailure, EXIT } from '../exit.ts';

const PLACES = ['tollgate.yaml', '/etc/tollgate/tollgate.yaml'];

export interface Finding {
  readonly flag: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exists?: (path: string) => boolean;
}

/** As it was written, since mistakes are shown with it. A file named outright need not exist: the loader says so. */
export function findConfig(finding: Finding): string {
  const found = lookForConfig(finding);
  if (found !== undefined) return found;
  throw new CommandFailure(
    [
      'tollgate: no configuration found. Looked for',
      ...PLACES.map((place) => `  ${resolve(place)}`),
      'Name one with -c FILE or TOLLGATE_CONFIG, or write tollgate.yaml:',
      '  listen: { https: 8443, http: 8080 }',
      '  sites:',
      "    - hosts: ['*']",
      '      tls: self-signed',
      '      routes:',
      '        - { path: /, upstream: { servers: ["http://127.0.0.1:3000"] } }',
    ].join('\n'),
    EXIT.configuration,
  );
}

/** As `findConfig`, for who can do without: `undefined` when none is named and none is in its places. */
export function lookForConfig({ flag, env, exists = existsSync }: Finding): string | undefined {
  const named = flag ?? env['TOLLGATE_CONFIG'];
  if (named !== undefined && named !== '') return named;
  return PLACES.find((place) => exists(place));
}
