// `return`: fixed answers and redirects.
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Directive } from './tree.ts';

const REDIRECTS: ReadonlySet<string> = new Set(['301', '302', '303', '307', '308']);

/** What answers where nothing can: nginx would have given something else, and not to everybody. */
export const REFUSED: Values = { respond: { status: 403 } };

/** The path the client asked for, in nginx's words. */
const WHOLE = /\$(?:request_uri|uri(?:\$is_args\$args)?)$/;

/** The host the client asked for: a path alone says the same. */
const SAME_HOST = /^(\$scheme|https?):\/\/\$(?:host|http_host|server_name)(?=\/|$)/;

export interface Answering {
  /** What `$scheme` is: http is redirected to https before anything else. */
  readonly scheme: 'http' | 'https';
  /** As `default_type` says; `undefined`: text/plain. */
  readonly type: string | undefined;
  readonly ledger: Ledger;
}

/** `undefined`: it was left, with why. */
export function answerOf(line: Directive, answering: Answering): Values | undefined {
  const { ledger, type } = answering;
  const [code = '', text = ''] =
    line.args.length === 1 && !/^\d{3}$/.test(line.args[0] ?? '') ? ['302', ...line.args] : line.args;
  ledger.carried(line);
  if (REDIRECTS.has(code)) return redirectTo(line, text, Number(code), answering);
  if (code === '444') {
    ledger.left(line, 'the connection is closed without an answer; here the answer is 403');
    return REFUSED;
  }
  if (text.includes('$')) {
    ledger.left(line, 'an answer is a fixed text; until you write it, 403');
    return undefined;
  }
  const headers = text === '' || type === undefined ? undefined : { 'content-type': type };
  return {
    respond: { status: Number(code), ...(headers && { headers }), ...(text !== '' && { body: text }) },
  };
}

function redirectTo(
  line: Directive,
  text: string,
  status: number,
  { scheme, ledger }: Answering,
): Values | undefined {
  const keeps = WHOLE.test(text);
  const base = text.replace(WHOLE, '');
  const to = onSite(base, scheme).replace(/^\$scheme(?=:)/, scheme);
  if (to.includes('$') || to === '') {
    ledger.left(
      line,
      'a redirect goes to a fixed place, with the whole path behind it or without; until you write it, 403',
    );
    return undefined;
  }
  return { redirect: { to, status, ...(keeps && { keepPath: 'whole' }) } };
}

function onSite(text: string, scheme: 'http' | 'https'): string {
  const [whole = '', given] = SAME_HOST.exec(text) ?? [];
  return given === '$scheme' || given === scheme ? text.slice(whole.length) : text;
}
