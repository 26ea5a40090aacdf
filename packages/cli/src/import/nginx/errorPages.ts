// `error_page`: the files that stand in for the bodies of error answers.
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

export function errorPages(scope: Scope, ledger: Ledger): Values {
  const pages: Values = {};
  for (const line of scope.all('error_page'))
    Object.assign(pages, pagesOf(line, rootFor(line, scope), ledger));
  return Object.keys(pages).length === 0 ? {} : { errorPages: pages };
}

/** The page may have a location of its own, as in the nginx.conf that everybody begins with. */
function rootFor({ args }: Directive, scope: Scope): string | undefined {
  const own = scope.every('location').find((line) => line.args.join(' ') === `= ${args.at(-1) ?? ''}`);
  const root = own?.block?.find(({ name }) => name === 'root') ?? scope.last('root');
  return root?.args[0];
}

function pagesOf(line: Directive, root: string | undefined, ledger: Ledger): Values {
  const [place = '', ...codes] = line.args.toReversed();
  const plain = place.startsWith('/') && codes.every((code) => /^[45]\d\d$/.test(code));
  if (!plain || root === undefined || root.includes('$') || place.includes('$')) {
    ledger.left(line, 'an error page is a file of the site, sent with the status of the error');
    return {};
  }
  ledger.carried(line);
  return Object.fromEntries(codes.toReversed().map((code) => [code, `${root.replace(/\/$/, '')}${place}`]));
}
