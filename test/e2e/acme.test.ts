// Certificates from a real authority (Debian's pebble): ordered, proved, served, renewed, and what happens when it is not there.
import { X509Certificate } from 'node:crypto';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { statusOf } from '../support/admin.ts';
import { writePair } from '../support/certificate.ts';
import { get, startLoad } from '../support/client.ts';
import { pebble, type Pebble } from '../support/pebble.ts';
import { PATIENCE_MS, run, serve, site, type Running } from '../support/tollgate.ts';

/** Before an order is tried again for the first time. */
const FIRST_BACK_OFF_MS = 60_000;

const HOSTS = ['one.test', 'two.test', 'three.test'];

function config(authority: Pebble, acme: readonly string[] = []): string {
  return [
    `listen: { https: "127.0.0.1:${authority.httpsPort}", http: "127.0.0.1:${authority.httpPort}" }`,
    'admin: unix:./admin.sock',
    'acme:',
    '  terms: agreed',
    '  email: me@one.test',
    `  directory: ${authority.directory}`,
    `  ca: ${authority.caFile}`,
    ...acme.map((line) => `  ${line}`),
    'sites:',
    `  - hosts: [${HOSTS.join(', ')}]`,
    '    tls: acme',
    '    routes: [{ path: /, respond: { body: here } }]',
    '',
  ].join('\n');
}

/** What a new client is shown. */
function shown(port: number, servername = 'one.test'): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

const issuer = async (port: number): Promise<string> => (await shown(port)).issuer;

const isIssued = (running: Running, timeout = PATIENCE_MS): Promise<void> =>
  expect.poll(() => issuer(running.httpsPort), { timeout }).toContain('Pebble');

const messages = (running: Running): unknown[] => running.events().map(({ msg }) => msg);

/** The one room of the one authority. */
function room(directory: string): string {
  const above = join(directory, '.tollgate/acme');
  return join(above, readdirSync(above)[0] ?? '');
}

describe('http-01', () => {
  it('gets one certificate for all hosts, though a fifth of the nonces is refused', async () => {
    const authority = await pebble({ nonceReject: 20 });
    await authority.start();
    const running = await serve(site({ 'tollgate.yaml': config(authority, ['challenges: [http-01]']) }));
    await isIssued(running);
    const ca = await authority.root();
    for (const servername of HOSTS) {
      const options = { servername, ca, rejectUnauthorized: true, headers: { host: servername } };
      expect(await get(running.httpsPort, '/', options)).toMatchObject({ status: 200, body: 'here' });
    }
    expect((await shown(running.httpsPort)).subjectAltName).toBe(
      HOSTS.toSorted()
        .map((host) => `DNS:${host}`)
        .join(', '),
    );
    for (const name of readdirSync(room(running.directory)))
      expect(statSync(join(room(running.directory), name)).mode & 0o777).toBe(0o600);
    const { stdout } = await run(running.directory, ['status']);
    expect(stdout).toMatch(/certificate +one\.test and 2 more: until 20\d\d-.*, renews 20/);
    expect(authority.log()).toContain('validate w/ HTTP');
  });
});

describe('two workers under load', () => {
  it('are given the first certificate and its renewal without a failed request', async () => {
    // Renewed when a third is left.
    const authority = await pebble({ validitySeconds: 6 });
    await authority.start();
    const running = await serve(site({ 'tollgate.yaml': config(authority) }), {
      args: ['--request-log', 'off', '--workers', '2'],
    });
    const load = startLoad(running.httpsPort, { clients: 4, mode: 'new', host: 'one.test' });
    await isIssued(running);
    const first = (await shown(running.httpsPort)).serialNumber;
    const issued = (): number => messages(running).filter((msg) => msg === 'certificate issued').length;
    await expect.poll(issued, { timeout: PATIENCE_MS }).toBeGreaterThan(1);
    await expect
      .poll(async () => (await shown(running.httpsPort)).serialNumber, { timeout: PATIENCE_MS })
      .not.toBe(first);
    await load.stop();
    expect(load.failures).toEqual([]);
  });
});

describe('a renewed certificate', () => {
  it('is served although the files of another site went bad', async () => {
    const authority = await pebble({ validitySeconds: 6 });
    await authority.start();
    const other =
      '  - { hosts: [other.test], tls: { certificate: other.pem, key: other.key }, routes: [{ path: /, respond: { body: other } }] }';
    const directory = site({ 'tollgate.yaml': `${config(authority)}${other}\n` });
    await writePair(directory, 'other', ['other.test']);
    const running = await serve(directory);
    await isIssued(running);
    rmSync(join(directory, 'other.key'));
    await expect
      .poll(() => messages(running), { timeout: PATIENCE_MS })
      .toContain('certificates cannot be loaded; the former ones are served, and it is tried again');
    const afterwards = (await shown(running.httpsPort)).serialNumber;
    await expect
      .poll(async () => (await shown(running.httpsPort)).serialNumber, { timeout: PATIENCE_MS })
      .not.toBe(afterwards);
    expect((await shown(running.httpsPort, 'other.test')).subject).toContain('other.test');
  });
});

describe('an authority', () => {
  it('that is not there leaves the site served, and is told with the next try', async () => {
    const authority = await pebble();
    const running = await serve(site({ 'tollgate.yaml': config(authority) }));
    await expect
      .poll(() => messages(running))
      .toContain('no certificate; the site is served with a self-signed one');
    const told = running.events().find(({ msg }) => String(msg).startsWith('no certificate'));
    expect(told).toMatchObject({
      level: 'error',
      names: HOSTS.toSorted(),
      why: expect.stringContaining('ECONNREFUSED'),
      nextTryAt: expect.stringMatching(/^20/),
    });
    const headers = { host: 'one.test' };
    expect(await get(running.httpsPort, '/', { headers })).toMatchObject({ status: 200, body: 'here' });
    const { stdout } = await run(running.directory, ['status']);
    expect(stdout).toMatch(
      /certificate +one\.test and 2 more: none, self-signed; failed 1 times, next try 20/,
    );
  });

  it('that refuses us is told with its reason; a reload with what it wants mends it, by tls-alpn-01', async () => {
    const secret = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
    const authority = await pebble({ macKeys: { 'kid-1': secret } });
    await authority.start();
    const running = await serve(site({ 'tollgate.yaml': config(authority), 'mac.key': secret }));
    await expect.poll(() => JSON.stringify(running.events())).toContain('set acme.externalAccount');
    const mended = config(authority, [
      'externalAccount: { id: kid-1, key: mac.key }',
      'challenges: [tls-alpn-01]',
    ]);
    writeFileSync(join(running.directory, 'tollgate.yaml'), mended);
    expect((await run(running.directory, ['reload'])).code).toBe(0);
    await isIssued(running);
    expect(authority.log()).not.toContain('validate w/ HTTP');
  });

  it('knows again a process that was killed in the middle of an order', async () => {
    const authority = await pebble({ sleepSeconds: 1 });
    await authority.start();
    const directory = site({ 'tollgate.yaml': config(authority) });
    const killed = await serve(directory);
    await expect.poll(authority.log, { timeout: PATIENCE_MS, interval: 10 }).toContain('Pulled a task');
    killed.signal('SIGKILL');
    await killed.ended;
    const running = await serve(directory);
    await isIssued(running);
    expect(authority.log()).not.toContain('There are now 2 accounts');
    expect(authority.log()).not.toContain('There are now 3 orders');
  });

  it('gives the certificate though a worker dies in the middle of the order, at the next try at the latest', async () => {
    const authority = await pebble({ sleepSeconds: 2 });
    await authority.start();
    const running = await serve(site({ 'tollgate.yaml': config(authority) }), { args: ['--workers', '2'] });
    const [victim] = (await statusOf(running.directory)).processes;
    await expect.poll(authority.log, { timeout: PATIENCE_MS, interval: 10 }).toContain('Pulled a task');
    process.kill(victim?.pid ?? Number.NaN, 'SIGKILL');
    // A question for the proof that the dead worker had taken is lost, and the order with it.
    await isIssued(running, FIRST_BACK_OFF_MS + PATIENCE_MS);
    expect(messages(running)).toContain('worker died, replacing it');
    expect(authority.log()).not.toContain('There are now 3 orders');
  }, 180_000);
});
