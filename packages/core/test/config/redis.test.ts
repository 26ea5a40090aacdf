// Where shared limits are kept: what is read, what is refused, and that no password is told.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directoryWith, load, problemsOf, SITE, warningsOf } from './support.ts';

const shared = `sites: [{ hosts: '*', routes: [{ path: /, respond: {}, rateLimit: { requests: 1, shared: on } }] }]`;
const withRedis = (given: string): string => `redis: { ${given} }\n${shared}`;

describe('redis', () => {
  it.each([
    ['redis://127.0.0.1', false, { host: '127.0.0.1', port: 6379 }, 0],
    ['redis://[::1]:6380/3', false, { host: '::1', port: 6380 }, 3],
    ['rediss://redis.internal/', true, { host: 'redis.internal', port: 6379 }, 0],
    ['unix:run/redis.sock', false, { path: '/nowhere/run/redis.sock' }, 0],
  ])('is reached at %s', (server, tls, address, database) => {
    const { redis } = load(withRedis(`server: '${server}'`)).config;
    expect(redis).toMatchObject({ server: { tls, address, database, text: server } });
    expect(redis).toMatchObject({ prefix: 'tollgate', waitMs: 50, user: undefined });
  });

  it('has to be there for a limit that is shared', () => {
    expect(problemsOf(shared)).toEqual([
      't.yaml:1:90: sites[0].routes[0].rateLimit.shared: expected a root key redis with server, got "on" without it',
    ]);
    expect(problemsOf(SITE)).toEqual([]);
  });

  it('takes no password in its address, and does not repeat it', () => {
    const [problem = ''] = problemsOf(withRedis(`server: 'redis://me:s3cret@127.0.0.1'`));
    expect(problem).toMatch(/without credentials such as .*, got "redis:\/\/\*\*\*@127\.0\.0\.1"$/);
    expect(problemsOf(withRedis(`server: 'unix:/r', password: s3cret`)).join('')).not.toContain('s3cret');
  });

  it('looks for the files it names, and warns of a password that everybody may read', () => {
    const directory = directoryWith({ password: 's3cret' });
    chmodSync(join(directory, 'password'), 0o644);
    const given = `server: 'unix:/r', passwordFile: password`;
    expect(warningsOf(withRedis(given), directory)).toEqual([
      't.yaml:1:43: redis.passwordFile: expected a password that only its owner reads, got "password" with mode 644',
    ]);
    expect(problemsOf(withRedis(`${given}, ca: ca.pem`)).join('\n')).toMatch(
      /redis\.passwordFile: expected a readable file[^]*redis\.ca: expected (?:rediss|a readable)/,
    );
  });
});
