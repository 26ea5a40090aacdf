// `auth`: who has to say who they are: by a password, or by what another service says of the request.
import * as z from 'zod';
import { FIELD_VALUE, hasOnly } from '../../../gate/characters.ts';
import { parsePasswordHash } from '../../passwordHash.ts';
import { mapping, text } from '../mapping.ts';
import { path } from '../path.ts';
import { duration } from '../quantity.ts';
import { requestName } from './headers.ts';
import { orOff } from './off.ts';

/** A colon would end the name (RFC 7617 section 2). */
const userName = text('a user name without colon', (given) =>
  given !== '' && !given.includes(':') && !/\p{Cc}/u.test(given) ? given : undefined,
);

const passwordHash = text(
  'a bcrypt hash (htpasswd -B, cost at most 14) or a scrypt hash ($scrypt$ln=15,r=8,p=1$SALT$KEY, at most 128 MB)',
  (given) => (parsePasswordHash(given) === undefined ? undefined : given),
);

const realm = text('a text without quotes', (given) =>
  hasOnly(FIELD_VALUE, given) && !/["\\]/.test(given) ? given : undefined,
);

const basic = mapping('basic', {
  realm: realm.prefault('restricted').describe('What the browser calls it when it asks.'),
  users: z
    .record(userName, passwordHash, { error: 'expected a mapping of user names to password hashes' })
    .optional()
    .describe('Names and hashes of passwords: bcrypt or scrypt.'),
  file: path('a file')
    .optional()
    .describe('Name:hash a line, as htpasswd -B writes them; read at start and reload.'),
}).superRefine(({ users, file }, context) => {
  if (users !== undefined || file !== undefined) return;
  context.issues.push({
    code: 'custom',
    message: 'expected users or file',
    input: { users, file },
    path: [],
  });
});

const url = text('an address such as http://127.0.0.1:9091/verify', (given) => {
  const parsed = /^https?:\/\//.test(given) ? URL.parse(given) : null;
  const plain = parsed !== null && parsed.username === '' && parsed.password === '' && parsed.hash === '';
  return plain ? parsed.href : undefined;
});

const forward = mapping('forward', {
  url: url.describe('Asked with GET and the fields of each request, and X-Forwarded-Method and -Uri.'),
  copy: z
    .array(requestName, { error: 'expected a list of header names' })
    .prefault([])
    .describe("Fields of a good answer (2xx) that the target gets in place of the client's."),
  timeout: duration().prefault('5s').describe('To answer; later is 503.'),
});

const fields = mapping('auth', {
  basic: basic.optional().describe("Name and password, by the browser's own dialogue (RFC 7617)."),
  forward: forward
    .optional()
    .describe('Another service decides: 2xx lets the request pass, any other answer goes to the client.'),
});

export const auth = orOff(fields, 'a mapping with basic or forward');
