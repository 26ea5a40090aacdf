import { scryptSync } from 'node:crypto';
import { parsePasswordHash, type PasswordHash } from '@tollgate/core';
import { describe, expect, it, vi } from 'vitest';
import { Passwords, verifyPassword } from '../../../src/policy/auth/passwords.ts';

const parsed = (text: string): PasswordHash => {
  const hash = parsePasswordHash(text);
  if (hash === undefined) throw new Error(`expected a hash, got ${text}`);
  return hash;
};

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

const scryptHash = (password: string): string => {
  const salt = Buffer.from('sixteen bytes!!!');
  const key = scryptSync(password, salt, 32, { N: 2 ** 4, r: 8, p: 1 });
  return `$scrypt$ln=4,r=8,p=1$${base64(salt)}$${base64(key)}`;
};

/** By `htpasswd -nbB -C 4 ann secret`. */
const BCRYPT = parsed('$2y$05$yzj.9YPBWIMi1.6xm6pLzO3tuqq7EBkdW.rWLaI/NbJ5/nYTQUt6G');

describe('a hash', () => {
  it.each([
    ['bcrypt', BCRYPT],
    ['scrypt', parsed(scryptHash('secret'))],
  ])('of %s is verified', async (_kind, hash) => {
    expect(await verifyPassword(hash, 'secret')).toBe(true);
    expect(await verifyPassword(hash, 'Secret')).toBe(false);
    expect(await verifyPassword(hash, '')).toBe(false);
  });

  it.each([
    'secret',
    '$2y$15$yzj.9YPBWIMi1.6xm6pLzO3tuqq7EBkdW.rWLaI/NbJ5/nYTQUt6G',
    '$2y$05$short',
    '$apr1$x$y',
    '$scrypt$ln=18,r=8,p=1$c2l4dGVlbiBieXRlcyEhIQ$c2l4dGVlbiBieXRlcyEhIQ',
    '$scrypt$ln=0,r=8,p=1$c2l4dGVlbiBieXRlcyEhIQ$c2l4dGVlbiBieXRlcyEhIQ',
  ])('that costs too much or is none is refused: %s', (text) => {
    expect(parsePasswordHash(text)).toBeUndefined();
  });
});

describe('checks of passwords', () => {
  it('remember what was right, for this hash only', async () => {
    const verify = vi.fn(verifyPassword);
    const passwords = new Passwords(verify);
    expect(await passwords.check('ann', 'secret', BCRYPT, true)).toBe('right');
    expect(passwords.check('ann', 'secret', BCRYPT, true)).toBe('right');
    expect(await passwords.check('ann', 'wrong', BCRYPT, true)).toBe('wrong');
    expect(await passwords.check('ann', 'wrong', BCRYPT, true)).toBe('wrong');
    expect(await passwords.check('ann', 'secret', parsed(scryptHash('new')), true)).toBe('wrong');
    expect(verify).toHaveBeenCalledTimes(4);
  });

  it('do the same work for a name that nobody has, and never call it right', async () => {
    const verify = vi.fn(verifyPassword);
    const passwords = new Passwords(verify);
    expect(await passwords.check('nobody', 'secret', BCRYPT, false)).toBe('wrong');
    expect(verify).toHaveBeenCalledOnce();
  });

  it('are few at once, equal ones once, and bounded in number', async () => {
    const release: (() => void)[] = [];
    const verify = vi.fn(() => new Promise<boolean>((resolve) => release.push(() => resolve(true))));
    const passwords = new Passwords(verify);
    const asked = Array.from({ length: 80 }, (_, at) => passwords.check('ann', `${at}`, BCRYPT, true));
    expect(passwords.check('ann', '0', BCRYPT, true)).toBe(asked[0]);
    expect([verify.mock.calls.length, asked.filter((outcome) => outcome === 'busy').length]).toEqual([2, 14]);
    const outcomes = Promise.all(asked.map((outcome) => Promise.resolve(outcome)));
    for (let freed = 0; freed < 66; freed++) {
      await vi.waitFor(() => expect(release.length).toBeGreaterThan(freed));
      release[freed]?.();
    }
    expect((await outcomes).filter((outcome) => outcome === 'right').length).toBe(66);
  });
});

it('a name that is no user any more is not let in by what was remembered of its hash', async () => {
  const passwords = new Passwords();
  expect(await passwords.check('ann', 'secret', BCRYPT, true)).toBe('right');
  expect(await passwords.check('ann', 'secret', BCRYPT, false)).toBe('wrong');
});
