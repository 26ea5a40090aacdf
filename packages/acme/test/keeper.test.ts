import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Authority, problem } from './support/authority.ts';
import { keep, newRoom, type Kept } from './support/keeper.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const names = ['example.com', 'www.example.com'];

const wanted = (kept: Kept) => [{ names, file: kept.file }];
const issued = (kept: Kept): number => kept.events().filter(({ msg }) => msg === 'certificate issued').length;
const failed = (kept: Kept) => kept.events().filter(({ level }) => level === 'error' || level === 'warn');
const serial = (kept: Kept): string => new X509Certificate(readFileSync(kept.file)).serialNumber;

async function holding(authority: Authority, room = newRoom()): Promise<Kept> {
  const kept = keep(authority, room);
  await kept.keeper.start(wanted(kept));
  await expect.poll(kept.installs).toBe(1);
  return kept;
}

describe('a certificate that is wanted', () => {
  it('is ordered for all names, proved, kept with its key for the owner alone, and told', async () => {
    const authority = await Authority.open();
    const kept = await holding(authority);
    expect(new X509Certificate(readFileSync(kept.file)).subjectAltName).toBe(
      'DNS:example.com, DNS:www.example.com',
    );
    for (const name of ['site.pem', 'site.json', 'account.key.pem', 'account.json'])
      expect(statSync(join(kept.room, name)).mode & 0o777).toBe(0o600);
    expect(statSync(kept.room).mode & 0o777).toBe(0o700);
    expect(kept.keeper.status()).toMatchObject([{ names, state: 'held', failures: 0, why: null }]);
    expect(issued(kept)).toBe(1);
  });

  it('is proved by every process before the authority is told to look, and forgotten after', async () => {
    const authority = await Authority.open();
    let asked = 0;
    const room = newRoom();
    const kept = keep(authority, room, {
      publish: async (challenges) => {
        if (challenges.length > 0) asked = authority.count('POST /challenge');
        kept.published.push(challenges);
      },
    });
    await kept.keeper.start(wanted(kept));
    await expect.poll(kept.installs).toBe(1);
    expect(asked).toBe(0);
    expect(kept.published.map((set) => set.map(({ kind, host }) => [kind, host]))).toEqual([
      [
        ['http-01', 'example.com'],
        ['http-01', 'www.example.com'],
      ],
      [],
    ]);
  });

  it('is got although half of the nonces are refused', async () => {
    const authority = await Authority.open();
    authority.refusesNonce = 2;
    await holding(authority);
    expect(authority.orders).toHaveLength(1);
  });

  it('that is held needs nothing of the authority at the next start', async () => {
    const authority = await Authority.open();
    const { room, keeper } = await holding(authority);
    await keeper.close();
    const before = authority.requests.length;
    const next = keep(authority, room);
    await next.keeper.start(wanted(next));
    await expect.poll(() => authority.count('GET /directory')).toBeGreaterThan(1);
    expect(authority.requests.slice(before).filter((one) => one.startsWith('POST'))).toEqual([]);
  });

  it('with a file that cannot be read is ordered anew', async () => {
    const authority = await Authority.open();
    const { room, keeper, file } = await holding(authority);
    await keeper.close();
    writeFileSync(file, 'half a certificate');
    const next = keep(authority, room, {}, Date.now() + DAY_MS);
    await next.keeper.start(wanted(next));
    await expect.poll(next.installs).toBe(1);
  });
});

describe('certificates that are no longer wanted', () => {
  it('stay while they may stand in, and go with their keys when they have ended', async () => {
    const authority = await Authority.open();
    const { room, keeper } = await holding(authority);
    await keeper.close();
    const others = [{ names: ['other.example'], file: join(room, 'other.pem') }];
    const next = keep(authority, room);
    await next.keeper.start(others);
    expect(readdirSync(room)).toContain('site.pem');
    await next.keeper.close();
    const late = keep(authority, room, {}, Date.now() + 91 * DAY_MS);
    await late.keeper.start(others);
    expect(readdirSync(room)).not.toContain('site.pem');
    expect(readdirSync(room)).not.toContain('site.json');
    expect(readdirSync(room)).toContain('account.key.pem');
  });
});

describe('a failure', () => {
  it('of the validation is told with name and reason, and the other way is tried next', async () => {
    const authority = await Authority.open();
    authority.validates = ({ kind, host }) =>
      kind === 'http-01' && host === 'www.example.com' ? 'no route to host' : undefined;
    const kept = keep(authority, newRoom());
    await kept.keeper.start(wanted(kept));
    await expect.poll(() => failed(kept).length).toBe(1);
    expect(failed(kept)).toMatchObject([
      {
        level: 'error',
        why: 'www.example.com: http-01: no route to host (connection)',
        failures: 1,
        nextTryAt: expect.stringMatching(/^20/),
        msg: 'no certificate; the site is served with a self-signed one',
      },
    ]);
    expect(kept.published.at(-1)).toEqual([]);
    kept.pass(2 * 60_000);
    await expect.poll(kept.installs).toBe(1);
    expect(authority.validations.at(-1)?.kind).toBe('tls-alpn-01');
  });

  it('waits longer each time, over restarts too', async () => {
    const authority = await Authority.open();
    authority.fault = (request) => (request === 'POST /order' ? problem(500, 'serverInternal') : undefined);
    const room = newRoom();
    const start = Date.now();
    const first = keep(authority, room, {}, start);
    await first.keeper.start(wanted(first));
    await expect.poll(() => failed(first).length).toBe(1);
    await first.keeper.close();

    const second = keep(authority, room, {}, start + 1000);
    await second.keeper.start(wanted(second));
    expect(second.keeper.status()).toMatchObject([{ failures: 1 }]);
    second.pass(90_000);
    await expect.poll(() => failed(second).length).toBe(1);
    const [{ failures, nextTryAt } = { failures: 0, nextTryAt: '' }] = second.keeper.status();
    expect(failures).toBe(2);
    expect(Date.parse(nextTryAt) - start).toBeGreaterThan(90_000 + 2 * 60_000);
    expect(authority.count('POST /order')).toBe(2);
  });

  it('with Retry-After waits for as long as the authority asks, whoever hurries', async () => {
    const authority = await Authority.open();
    authority.fault = (request) =>
      request === 'POST /order' ? problem(429, 'rateLimited', { 'retry-after': '7200' }) : undefined;
    const kept = keep(authority, newRoom());
    await kept.keeper.start(wanted(kept));
    await expect.poll(() => failed(kept).length).toBe(1);
    authority.fault = () => undefined;
    kept.keeper.hurry();
    kept.pass(HOUR_MS);
    expect(kept.keeper.status()[0]?.why).toContain('rateLimited');
    kept.pass(HOUR_MS + 1000);
    await expect.poll(kept.installs).toBe(1);
  });

  it('with a Retry-After out of its mind waits a week, and no longer', async () => {
    const authority = await Authority.open();
    authority.fault = (request) =>
      request === 'POST /order' ? problem(429, 'rateLimited', { 'retry-after': '999999999' }) : undefined;
    const start = Date.now();
    const kept = keep(authority, newRoom(), {}, start);
    await kept.keeper.start(wanted(kept));
    await expect.poll(() => failed(kept).length).toBe(1);
    const [{ nextTryAt } = { nextTryAt: '' }] = kept.keeper.status();
    expect(Date.parse(nextTryAt)).toBe(start + 7 * DAY_MS);
  });

  it('that somebody mended is tried again soon when asked to', async () => {
    const authority = await Authority.open();
    const kept = keep(authority, newRoom());
    authority.fault = (request) => (request === 'POST /order' ? problem(500, 'serverInternal') : undefined);
    await kept.keeper.start(wanted(kept));
    await expect.poll(() => failed(kept).length).toBe(1);
    kept.pass(90_000);
    await expect.poll(() => failed(kept).length).toBe(2);
    authority.fault = () => undefined;
    kept.pass(61_000);
    expect(kept.keeper.status()).toMatchObject([{ failures: 2, state: 'none' }]);
    kept.keeper.hurry();
    await expect.poll(kept.installs).toBe(1);
  });

  it.each([
    ['nobody answers', (authority: Authority) => authority.close(), /ECONNREFUSED/],
    [
      'a page comes in place of a directory',
      (authority: Authority) => (authority.fault = () => ({ status: 502, body: '<html>' })),
      /status 502/,
    ],
    [
      'the account is refused',
      (authority: Authority) =>
        (authority.fault = (request) =>
          request === 'POST /account' ? problem(403, 'rejectedIdentifier') : undefined),
      /rejectedIdentifier/,
    ],
    [
      'only dns-01 is offered',
      (authority: Authority) => (authority.offers = ['dns-01']),
      /expected http-01 or tls-alpn-01 to be offered, got dns-01/,
    ],
  ])('because %s says so', async (_, arrange, why) => {
    const authority = await Authority.open();
    arrange(authority);
    const kept = keep(authority, newRoom());
    await kept.keeper.start(wanted(kept));
    await expect.poll(() => failed(kept).length).toBe(1);
    expect(failed(kept)[0]?.['why']).toMatch(why);
  });

  it('of a renewal leaves the certificate that is held', async () => {
    const authority = await Authority.open();
    const kept = await holding(authority);
    const before = serial(kept);
    authority.fault = (request) => (request === 'POST /order' ? problem(500, 'serverInternal') : undefined);
    kept.pass(70 * DAY_MS);
    await expect.poll(() => failed(kept).length).toBe(1);
    expect(failed(kept)).toMatchObject([
      { level: 'warn', msg: 'certificate not renewed; the one in use goes on' },
    ]);
    expect(serial(kept)).toBe(before);
  });
});

describe('a clock that was years ahead at a failure and was then set right', () => {
  const AHEAD_MS = 9 * 365 * DAY_MS;

  async function failedAhead(authority: Authority, room = newRoom()): Promise<Kept> {
    authority.fault = (request) => (request === 'POST /order' ? problem(500, 'serverInternal') : undefined);
    const kept = keep(authority, room, {}, Date.now() + AHEAD_MS);
    await kept.keeper.start(wanted(kept));
    await expect.poll(() => failed(kept).length).toBe(1);
    authority.fault = () => undefined;
    return kept;
  }

  it('delays the next try by no more than the failure does, while it runs', async () => {
    const kept = await failedAhead(await Authority.open());
    kept.pass(-AHEAD_MS);
    const [{ nextTryAt } = { nextTryAt: '' }] = kept.keeper.status();
    expect(Date.parse(nextTryAt)).toBeLessThan(Date.now() + 2 * 60_000);
    kept.keeper.hurry();
    kept.pass(3000);
    await expect.poll(kept.installs).toBe(1);
  });

  it('delays the next try by no more than the failure does, after restarts', async () => {
    const authority = await Authority.open();
    const first = await failedAhead(authority);
    await first.keeper.close();
    const start = Date.now();
    const second = keep(authority, first.room, {}, start);
    await second.keeper.start(wanted(second));
    await second.keeper.close();
    // Not from this start again: a service that is started every minute would never try.
    const third = keep(authority, first.room, {}, start + 2 * 60_000);
    await third.keeper.start(wanted(third));
    await expect.poll(third.installs).toBe(1);
  });

  it('keeps what the authority asked for, from now on', async () => {
    const authority = await Authority.open();
    authority.fault = (request) =>
      request === 'POST /order' ? problem(429, 'rateLimited', { 'retry-after': '7200' }) : undefined;
    const kept = keep(authority, newRoom(), {}, Date.now() + AHEAD_MS);
    await kept.keeper.start(wanted(kept));
    await expect.poll(() => failed(kept).length).toBe(1);
    authority.fault = () => undefined;
    kept.pass(-AHEAD_MS);
    kept.keeper.hurry();
    const [{ nextTryAt } = { nextTryAt: '' }] = kept.keeper.status();
    expect(Date.parse(nextTryAt) - Date.now()).toBeGreaterThan(HOUR_MS);
    expect(Date.parse(nextTryAt) - Date.now()).toBeLessThanOrEqual(2 * HOUR_MS);
  });
});

describe('an authorization that is pending', () => {
  it.each([['0'], [new Date(0).toUTCString()]])(
    'with Retry-After: %s is asked for with pauses all the same',
    async (retryAfter) => {
      const authority = await Authority.open();
      const body = { status: 'pending', identifier: { type: 'dns', value: names[0] }, challenges: [] };
      const polled = (): number => authority.count('POST /authorization') - names.length;
      authority.fault = (request) =>
        request.startsWith('POST /authorization') && polled() > 0 && polled() <= 3
          ? { status: 200, body, headers: { 'retry-after': retryAfter } }
          : undefined;
      const waits: number[] = [];
      const wait = (ms: number, signal: AbortSignal): Promise<void> => {
        waits.push(ms);
        return sleep(ms < 1000 ? 1 : HOUR_MS, undefined, { signal, ref: false });
      };
      const pace = { now: () => Date.now(), pollMs: 100, attemptMs: 20_000, wait };
      const kept = keep(authority, newRoom(), { pace });
      await kept.keeper.start(wanted(kept));
      await expect.poll(kept.installs).toBe(1);
      expect(waits.slice(0, 3)).toEqual([100, 150, 225]);
    },
  );
});

describe('a renewal', () => {
  it('comes when a third of the lifetime is left, with a new key', async () => {
    const authority = await Authority.open();
    const kept = await holding(authority);
    const first = readFileSync(kept.file, 'utf8');
    kept.pass(55 * DAY_MS);
    await expect.poll(() => authority.count('GET /directory')).toBeGreaterThan(1);
    expect(authority.orders).toHaveLength(1);
    kept.pass(6 * DAY_MS);
    await expect.poll(kept.installs).toBe(2);
    expect(readFileSync(kept.file, 'utf8').split('-----')[2]).not.toBe(first.split('-----')[2]);
  });

  it('comes in the window that the authority advises, and says which certificate it replaces', async () => {
    const authority = await Authority.open();
    const start = Date.now();
    authority.renewalWindow = { start: start + 10 * DAY_MS, end: start + 11 * DAY_MS };
    const kept = await holding(authority);
    await expect.poll(() => authority.count('GET /renewal/')).toBe(1);
    kept.pass(9 * DAY_MS);
    await expect.poll(() => authority.count('GET /renewal/')).toBe(2);
    expect(authority.orders).toHaveLength(1);
    kept.pass(2 * DAY_MS);
    await expect.poll(kept.installs).toBe(2);
    const asked = authority.requests
      .find((one) => one.startsWith('GET /renewal/'))
      ?.split('/')
      .at(-1);
    expect(asked).toMatch(/^[\w-]{27}\.AP[\w-]+$/);
    expect(authority.orders.at(-1)?.replaces).toBe(asked);
  });

  it('whose predecessor was replaced already is ordered without it', async () => {
    const authority = await Authority.open();
    const kept = await holding(authority);
    let refusals = 0;
    authority.fault = (request) =>
      request === 'POST /order' && refusals++ === 0 ? problem(409, 'alreadyReplaced') : undefined;
    kept.pass(70 * DAY_MS);
    await expect.poll(kept.installs).toBe(2);
    expect(authority.orders.at(-1)?.replaces).toBeUndefined();
  });

  it('does not follow at once on an issue, whatever the advice', async () => {
    const authority = await Authority.open();
    authority.renewalWindow = { start: 0, end: 1000 };
    const kept = await holding(authority);
    await expect.poll(() => authority.count('GET /renewal/')).toBe(1);
    kept.pass(HOUR_MS);
    expect(authority.orders).toHaveLength(1);
    kept.pass(6 * HOUR_MS);
    await expect.poll(kept.installs).toBe(2);
  });
});

describe('an account', () => {
  it('is made once, and told of new contacts', async () => {
    const authority = await Authority.open();
    const { room, keeper } = await holding(authority);
    await keeper.close();
    const account = { contacts: ['mailto:you@example.com'], externalAccount: undefined };
    const next = keep(authority, room, { account }, Date.now() + 70 * DAY_MS);
    await next.keeper.start(wanted(next));
    await expect.poll(next.installs).toBe(1);
    expect(authority.accounts).toHaveLength(1);
    expect(authority.accounts[0]?.contacts).toEqual(account.contacts);
  });

  it('that the authority forgot is made again', async () => {
    const authority = await Authority.open();
    const kept = await holding(authority);
    authority.accounts.length = 0;
    kept.pass(70 * DAY_MS);
    await expect.poll(kept.installs).toBe(2);
    expect(authority.accounts).toHaveLength(1);
  });
});

describe('a crash', () => {
  const steps = [
    'POST /account',
    'POST /order',
    'POST /authorization/0/0',
    'POST /challenge/0/0/http-01',
    'POST /order/0',
    'POST /finalize/0',
    'POST /certificate/0',
  ];

  it.each(steps)('after %s loses neither order nor key: the next start goes on', async (step) => {
    const authority = await Authority.open();
    const room = newRoom();
    // The answer never comes: what was kept by then is all that is left.
    const hung = new Promise<never>(() => {});
    authority.after = (request) => (request === step ? hung : undefined);
    const first = keep(authority, room);
    await first.keeper.start(wanted(first));
    await expect.poll(() => authority.count(step)).toBeGreaterThan(0);
    const left = readFileSync(join(room, 'site.json'), 'utf8');
    await first.keeper.close();
    // As it was at that moment: a process that is killed tidies nothing.
    writeFileSync(join(room, 'site.json'), left);
    authority.after = () => undefined;

    const second = keep(authority, room);
    await second.keeper.start(wanted(second));
    await expect.poll(second.installs).toBe(1);
    expect(authority.accounts).toHaveLength(1);
    expect(authority.orders.length).toBe(step === 'POST /order' ? 2 : 1);
  });

  it('while the authority looked is made good by another order at once', async () => {
    const authority = await Authority.open();
    const room = newRoom();
    authority.after = (request) =>
      request.startsWith('POST /authorization') ? new Promise<never>(() => {}) : undefined;
    const first = keep(authority, room);
    await first.keeper.start(wanted(first));
    await expect.poll(() => authority.count('POST /authorization')).toBe(1);
    await first.keeper.close();
    authority.after = () => undefined;
    authority.validates = () => (authority.orders.length === 1 ? 'connection refused' : undefined);
    const second = keep(authority, room);
    await second.keeper.start(wanted(second));
    await expect.poll(second.installs).toBe(1);
    expect(authority.orders).toHaveLength(2);
    expect(failed(second)).toEqual([]);
  });

  it('between certificate and progress does not order again', async () => {
    const authority = await Authority.open();
    const room = newRoom();
    const { keeper } = await holding(authority, room);
    await keeper.close();
    const progress = JSON.parse(readFileSync(join(room, 'site.json'), 'utf8'));
    const key = readFileSync(join(room, 'site.pem'), 'utf8').split('-----BEGIN CERTIFICATE')[0];
    const order = { url: `${authority.url}/order/0`, key };
    writeFileSync(join(room, 'site.json'), JSON.stringify({ ...progress, order }));
    const next = keep(authority, room, {}, Date.now() + 70 * DAY_MS);
    await next.keeper.start(wanted(next));
    await expect.poll(next.installs).toBe(1);
    expect(authority.orders).toHaveLength(2);
  });

  it('in each start makes the starts ask the authority less and less', async () => {
    const authority = await Authority.open();
    const room = newRoom();
    authority.after = (request) => (request === 'POST /order' ? new Promise<never>(() => {}) : undefined);
    for (const expected of [1, 2, 2]) {
      const dying = keep(authority, room);
      await dying.keeper.start(wanted(dying));
      await expect.poll(() => authority.count('POST /order')).toBe(expected);
      const left = readFileSync(join(room, 'site.json'), 'utf8');
      await dying.keeper.close();
      writeFileSync(join(room, 'site.json'), left);
    }
  });
});
