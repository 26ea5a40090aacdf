// `auth_basic` and its file of names and hashes.
import { dirname, resolve } from 'node:path';
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Scope } from './scope.ts';

/** What nginx guards in a way that is not carried over must not stand open meanwhile. */
export const CLOSED: Values = { deny: ['any'] };

/** Of crypt's hashes Tollgate takes bcrypt alone: `tollgate check` names each line that has another. */
export function auth(scope: Scope, ledger: Ledger): Values {
  const guards = [scope.last('auth_request'), ...scope.here('internal')].filter(
    (line) => line !== undefined && line.args[0] !== 'off',
  );
  for (const line of guards) ledger.left(line, 'see auth of a route; until then nobody is let in');
  return guards.length > 0 ? CLOSED : basic(scope, ledger);
}

function basic(scope: Scope, ledger: Ledger): Values {
  const [realm, file] = [scope.last('auth_basic'), scope.last('auth_basic_user_file')];
  if (realm === undefined || file === undefined) return {};
  const [name = '', path = ''] = [realm.args[0], file.args[0]];
  if (name.includes('$') || path.includes('$')) {
    ledger.left(realm, 'variables do not exist; until you write the users, nobody is let in');
    return CLOSED;
  }
  ledger.carried(realm, file);
  if (name === 'off') return {};
  return { auth: { basic: { realm: name, file: resolve(dirname(file.file), path) } } };
}
