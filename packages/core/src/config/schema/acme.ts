// `acme`: the authority that certificates of `tls: acme` come from, and who asks it for them.
import { mapping, oneOrMany, text, word } from './mapping.ts';
import { path } from './path.ts';

/** Let's Encrypt, as its documentation names them. */
const DIRECTORIES: ReadonlyMap<string, string> = new Map([
  ['production', 'https://acme-v02.api.letsencrypt.org/directory'],
  ['staging', 'https://acme-staging-v02.api.letsencrypt.org/directory'],
]);

const EMAIL = 'an email address such as me@example.com';
const email = text(EMAIL, (given) => (/^[^\s@,?<>]+@[^\s@,?<>]+$/.test(given) ? given : undefined));

const challengeKind = word('http-01', 'tls-alpn-01');

const directory = text('production, staging or the https address of a directory', (given) => {
  const known = DIRECTORIES.get(given);
  if (known !== undefined) return known;
  return given.startsWith('https://') && URL.canParse(given) ? new URL(given).href : undefined;
});

const externalAccount = mapping('an external account', {
  id: text('the id the authority gave', (given) => (given === '' ? undefined : given)).describe(
    'The key identifier that the authority gave.',
  ),
  key: path('a file').describe('File with the key that the authority gave, in base64url.'),
});

export const acme = mapping('acme', {
  terms: word('agreed').describe("agreed: that you agree to the authority's terms of service."),
  email: oneOrMany(`${EMAIL}, or a list of them`, email)
    .optional()
    .describe('Where the authority may write to.'),
  directory: directory
    .prefault('production')
    .describe(
      "production or staging (Let's Encrypt; staging is for trying, no browser believes it), or the https address of another authority's directory.",
    ),
  ca: path('a PEM file')
    .optional()
    .describe(
      "PEM file of the authorities that vouch for a private directory, in place of the system's authorities.",
    ),
  challenges: oneOrMany('http-01, tls-alpn-01 or both', challengeKind)
    .optional()
    .describe(
      'How hosts are proved, in order of preference: http-01 (needs port 80), tls-alpn-01 (needs port 443). Without: all that the listeners can answer.',
    ),
  externalAccount: externalAccount
    .optional()
    .describe('For an authority that knows its customers by other means (External Account Binding).'),
});
