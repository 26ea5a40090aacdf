// `auth_basic` and its file of names and hashes.
import { CLOSED } from './guards.ts';
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Scope } from './scope.ts';

/** Of crypt's hashes Tollgate takes bcrypt alone: `tollgate check` names each line that has another. */
export function auth(scope: Scope, ledger: Ledger): Values {
  const [realm, file] = [scope.last('auth_basic'), scope.last('auth_basic_user_file')];
  if (realm?.args[0] === 'off') {
    ledger.carried(realm, file);
    return {};
  }
  if (realm === undefined || file === undefined) return {};
  const [name = '', path = ''] = [realm.args[0], file.args[0]];
  if (name.includes('$') || path.includes('$')) {
    ledger.left(realm, 'variables do not exist; until you write the users, nobody is let in');
    return CLOSED;
  }
  ledger.carried(realm, file);
  return { auth: { basic: { realm: name, file: path } } };
}
