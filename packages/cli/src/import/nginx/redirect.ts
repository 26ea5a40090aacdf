// `return` and `rewrite`: fixed answers and redirects. What else a rewrite can do, one route cannot.
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Directive } from './tree.ts';

const REDIRECTS = new Set(['301', '302', '303', '307', '308']);

/** The path the client asked for, in nginx's words. */
const WHOLE = /\$(?:request_uri|uri(?:\$is_args\$args)?)$/;

export function redirectOf(line: Directive, ledger: Ledger): Values | undefined {
  const [code = '', text = ''] =
    line.args.length === 1 && !/^\d{3}$/.test(line.args[0] ?? '') ? ['302', ...line.args] : line.args;
  ledger.carried(line);
  if (REDIRECTS.has(code)) return redirectTo(line, text, Number(code), ledger);
  if (code === '444') {
    ledger.left(line, 'the connection is closed without an answer; here the answer is 403');
    return { respond: { status: 403 } };
  }
  if (text.includes('$')) {
    ledger.left(line, 'an answer is a fixed text');
    return undefined;
  }
  return { respond: { status: Number(code), ...(text !== '' && { body: text }) } };
}

function redirectTo(line: Directive, text: string, status: number, ledger: Ledger): Values | undefined {
  const keeps = WHOLE.test(text);
  const to = text.replace(WHOLE, '');
  if (to.includes('$') || to === '') {
    ledger.left(line, 'a redirect goes to a fixed place, with the whole path behind it or without');
    return undefined;
  }
  return { redirect: { to, status, ...(keeps && { keepPath: 'whole' }) } };
}

/** The two forms people write: one path to one place, and everything below a path to the same below another. */
export function rewriteOf(line: Directive, path: string, ledger: Ledger): Values | undefined {
  const [pattern = '', to = '', flag = ''] = line.args;
  const status = flag === 'permanent' ? 301 : flag === 'redirect' || /^https?:/.test(to) ? 302 : undefined;
  const below = `^${path.replace(/\/$/, '')}/(.*)$`;
  if (status === undefined || !/^(?:\/|https?:\/\/)[^$]*(?:\$1)?$/.test(to)) {
    ledger.left(line, 'a rewrite that is no redirect to a fixed place');
    return undefined;
  }
  ledger.carried(line);
  if (to.endsWith('$1') && (pattern === below || pattern === '^/(.*)$' || pattern === '^(.*)$'))
    return { redirect: { to: to.slice(0, -2), status, keepPath: pattern === below ? 'rest' : 'whole' } };
  if (pattern === '^' || pattern === `^${path}$`) return { redirect: { to, status } };
  ledger.left(line, 'a rewrite by a pattern');
  return undefined;
}
