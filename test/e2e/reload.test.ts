// Changes while it serves: nothing is lost, and a mistake changes nothing.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { statusOf } from '../support/admin.ts';
import { writePair } from '../support/certificate.ts';
import { get, startH2Load, startLoad } from '../support/client.ts';
import { scrape } from '../support/scrape.ts';
import { openSocket } from '../support/sockets.ts';
import { config, PATIENCE_MS, run, serve, site } from '../support/tollgate.ts';
import { AUTHORIZATION, configOfRound, writeNamedFiles } from './reload/features.ts';
import { POSTED, startPlaces } from './reload/places.ts';

const respond = (body: string): string =>
  config().replace('app: ./app.mjs', `respond: { status: 200, body: ${body} }`);

function writeConfig(directory: string, text: string): void {
  // As editors and deployments do it: the file is never half there.
  writeFileSync(join(directory, 'next.yaml'), text);
  renameSync(join(directory, 'next.yaml'), join(directory, 'tollgate.yaml'));
}

function servedName(port: number, servername?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false }, () => {
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      resolve(String(CN));
    });
    socket.on('error', reject);
  });
}

describe('HUP', () => {
  it('takes over a changed file', async () => {
    const running = await serve(site({ 'tollgate.yaml': respond('before') }));
    expect((await get(running.httpsPort, '/')).body).toBe('before');
    writeConfig(running.directory, respond('after'));
    running.signal('SIGHUP');
    await expect.poll(async () => (await get(running.httpsPort, '/')).body).toBe('after');
  });

  it('with a bad file keeps what runs, and says why with places', async () => {
    const running = await serve(site({ 'tollgate.yaml': respond('before') }));
    writeConfig(running.directory, 'sites: [ { hosts: nonsense } ]\nunknown: 1\n');
    running.signal('SIGHUP');
    await expect
      .poll(running.events)
      .toMatchObject([{ level: 'error', msg: expect.stringContaining('what runs goes on') }]);
    expect(JSON.stringify(running.events())).toMatch(/tollgate\.yaml:2:1: unknown/);
    expect((await get(running.httpsPort, '/')).body).toBe('before');
    const { stdout } = await run(running.directory, ['status', '--json', '-c', sound(running.directory)]);
    expect(JSON.parse(stdout).lastReload.outcome).toMatchObject({ ok: false, reason: 'configuration' });
  });
});

/** The same admin address in a file without mistakes. */
function sound(directory: string): string {
  const path = join(directory, 'sound.yaml');
  writeFileSync(path, config());
  return path;
}

describe('a changed `listen`', () => {
  it('opens and closes listeners; those that stay are not touched, and status tells', async () => {
    const { directory, httpsPort, httpPort } = await serve(site({ 'tollgate.yaml': respond('one') }));
    const withoutHttp = respond('two').replace(', http: 127.0.0.1:0', '');
    writeConfig(directory, withoutHttp);
    expect((await run(directory, ['reload'])).code).toBe(0);
    expect((await get(httpsPort, '/')).body).toBe('two');
    await expect(get(httpPort, '/')).rejects.toThrow('ECONNREFUSED');
    expect((await statusOf(directory)).listening).toMatchObject([{ scheme: 'https', port: httpsPort }]);
  });

  it('that cannot be opened changes nothing at all', async () => {
    const { directory, httpsPort } = await serve(site({ 'tollgate.yaml': respond('one') }));
    writeConfig(directory, respond('two').replace('http: 127.0.0.1:0', `http: 192.0.2.1:80`));
    const { code, stderr } = await run(directory, ['reload']);
    expect(code).toBe(1);
    expect(stderr).toContain('192.0.2.1:80');
    expect((await get(httpsPort, '/')).body).toBe('one');
    expect((await statusOf(directory)).listening).toHaveLength(2);
  });
});

describe('tollgate reload', () => {
  it('waits until the new configuration serves', async () => {
    const { directory, httpsPort } = await serve(site({ 'tollgate.yaml': respond('before') }));
    writeConfig(directory, respond('after'));
    expect(await run(directory, ['reload'])).toMatchObject({ code: 0, stdout: 'reloaded\n' });
    expect((await get(httpsPort, '/')).body).toBe('after');
  });

  it('with an app that fails to start exits 1 with the reason, and what runs goes on', async () => {
    const { directory, httpsPort } = await serve(site({ 'tollgate.yaml': respond('before') }));
    writeFileSync(
      join(directory, 'broken.mjs'),
      'export default async () => { throw new Error("no database"); };',
    );
    writeConfig(directory, config().replace('./app.mjs', './broken.mjs'));
    const { code, stderr } = await run(directory, ['reload']);
    expect(code).toBe(1);
    expect(stderr).toContain('no database');
    expect(stderr).toContain('what runs goes on');
    expect((await get(httpsPort, '/')).body).toBe('before');
  });
});

describe('files that the configuration names', () => {
  const withKey = (key: string): string =>
    config().replace('tls: self-signed', `tls: { certificate: a.pem, key: ${key} }`);

  it('regression: need not be readable for whoever asks by status or reload', async () => {
    const directory = site({ 'tollgate.yaml': withKey('a.key') });
    await writePair(directory, 'a', ['localhost']);
    await serve(directory);
    // For the commands alone: as if the key were out of their reach.
    writeFileSync(join(directory, 'theirs.yaml'), withKey('out-of-reach.key'));
    expect(await run(directory, ['status', '-c', 'theirs.yaml'])).toMatchObject({ code: 0, stderr: '' });
    expect(await run(directory, ['reload', '-c', 'theirs.yaml'])).toMatchObject({
      code: 0,
      stdout: 'reloaded\n',
    });
  });

  it('are judged by the process: a reload tells what it finds, and exits 78', async () => {
    const { directory, httpsPort } = await serve(site({ 'tollgate.yaml': respond('before') }));
    writeConfig(directory, withKey('missing.key'));
    const { code, stderr } = await run(directory, ['reload']);
    expect(code).toBe(78);
    expect(stderr).toMatch(/tollgate\.yaml:\d+:\d+: sites\[0\]\.tls\.key: expected .*missing\.key/);
    expect(stderr).toContain('what runs goes on');
    expect((await get(httpsPort, '/')).body).toBe('before');
  });

  it('and the configuration itself, are not needed where --admin says whom to ask', async () => {
    const { directory } = await serve(site());
    rmSync(join(directory, 'tollgate.yaml'));
    expect(await run(directory, ['status', '--admin', 'unix:./admin.sock'])).toMatchObject({ code: 0 });
  });
});

describe('what only a restart takes over', () => {
  it('is named by the command: workers', async () => {
    const { directory } = await serve(site({ 'tollgate.yaml': respond('before') }));
    writeConfig(directory, `workers: 2\n${respond('after')}`);
    const { code, stdout } = await run(directory, ['reload']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'reloaded\nworkers: takes effect after a restart\n',
    });
  });

  it('is the address of admin: nobody answers at the new one, and the command says how to ask at the old', async () => {
    const { directory, httpsPort } = await serve(site({ 'tollgate.yaml': respond('before') }));
    writeConfig(directory, respond('after').replace('./admin.sock', './moved.sock'));
    const lost = await run(directory, ['reload']);
    expect(lost.code).toBe(1);
    expect(lost.stderr).toMatch(/nobody answers at .*moved\.sock.*--admin/);
    expect((await get(httpsPort, '/')).body).toBe('before');
    const found = await run(directory, ['reload', '--admin', 'unix:./admin.sock']);
    expect(found).toMatchObject({ code: 0, stdout: 'reloaded\nadmin: takes effect after a restart\n' });
    expect((await get(httpsPort, '/')).body).toBe('after');
  });

  it('is not who reads /metrics', async () => {
    const open = respond('one').replace('admin: unix:./admin.sock', 'admin: { listen: unix:./admin.sock }');
    const { directory } = await serve(site({ 'tollgate.yaml': open }));
    writeConfig(directory, open.replace('admin.sock }', 'admin.sock, metrics: { from: 192.0.2.1 } }'));
    expect(await run(directory, ['reload'])).toMatchObject({ code: 0, stdout: 'reloaded\n' });
  });
});

/** Of one kind of load. */
const MOST_CLIENTS = 4;

describe.each(['1', '2'])(
  '100 reloads under load, each with another feature changed (workers: %s)',
  (workers) => {
    it('fail no request on kept or new connections, with a body, for a file or over HTTP/2, and leave WebSockets open', async () => {
      const directory = site();
      await writeNamedFiles(directory);
      const places = await startPlaces(directory);
      writeConfig(directory, configOfRound(0, places));
      const running = await serve(directory, { args: ['--workers', workers] });
      const port = running.httpsPort;
      const sockets = await Promise.all([1, 2, 3].map(() => openSocket(`wss://127.0.0.1:${port}/socket`)));
      const loads = [
        startLoad(port, { clients: MOST_CLIENTS, mode: 'keepalive', authorization: AUTHORIZATION }),
        startLoad(port, { clients: 3, mode: 'new', authorization: AUTHORIZATION }),
        startLoad(port, {
          clients: 2,
          mode: 'keepalive',
          path: '/in/',
          body: POSTED,
          authorization: AUTHORIZATION,
        }),
        startLoad(port, { clients: 1, mode: 'keepalive', path: '/files/page.html' }),
        startH2Load(port, { authorization: AUTHORIZATION }),
      ];
      const served = (): readonly number[] => loads.map(({ good }) => good());
      const failures = (): readonly string[] => loads.flatMap((load) => load.failures);
      // More than were under way: each kind of load has met what the round has changed.
      const beyond = (before: readonly number[]): boolean =>
        served().every((good, at) => good > (before[at] ?? 0) + MOST_CLIENTS);
      for (let round = 1; round <= 100; round += 1) {
        writeConfig(directory, configOfRound(round, places));
        running.signal('SIGHUP');
        await expect.poll(() => reloads(running.events()), { timeout: PATIENCE_MS, interval: 5 }).toBe(round);
        const before = served();
        await expect.poll(() => failures().length > 0 || beyond(before), { timeout: PATIENCE_MS }).toBe(true);
        expect({ round, failures: failures() }).toEqual({ round, failures: [] });
      }
      for (const load of loads) await load.stop();
      expect(failures()).toEqual([]);
      expect(places.unasked()).toEqual([]);
      expect(await Promise.all(sockets.map(({ echo }, at) => echo(`still ${at}`)))).toEqual([
        'still 0',
        'still 1',
        'still 2',
      ]);
      expect(running.events().filter(({ level }) => level === 'error')).toEqual([]);
    }, 120_000);
  },
);

const reloads = (events: readonly Record<string, unknown>[]): number =>
  events.filter(({ msg }) => msg === 'reloaded').length;

describe('certificate files', () => {
  const tls = config().replace('self-signed', '{ certificate: site.pem, key: site.key }');

  it('that change are noticed and served to new connections', async () => {
    const directory = site({ 'tollgate.yaml': tls });
    await writePair(directory, 'site', ['first.example']);
    const { httpsPort } = await serve(directory);
    expect(await servedName(httpsPort)).toBe('first.example');
    await writePair(directory, 'site', ['second.example']);
    await expect.poll(() => servedName(httpsPort), { timeout: PATIENCE_MS }).toBe('second.example');
  });

  it('that do not belong together are told and not served; the pair that follows is', async () => {
    const directory = site({ 'tollgate.yaml': tls });
    await writePair(directory, 'site', ['first.example']);
    const running = await serve(directory);
    writeFileSync(join(directory, 'site.key'), 'half a key');
    await expect.poll(running.events, { timeout: PATIENCE_MS }).toContainEqual(
      expect.objectContaining({
        level: 'error',
        msg: 'certificates cannot be loaded; the former ones are served, and it is tried again',
      }),
    );
    expect((await run(directory, ['status', '-c', sound(directory)])).stdout).toMatch(
      /not all could be loaded.*\n +site .*site\.key/,
    );
    const { body: metrics } = await scrape(directory);
    expect(metrics).toContain('\ntollgate_last_certificate_load_successful 0\n');
    expect(metrics).toContain('\ntollgate_last_reload_successful 1\n');
    expect(await servedName(running.httpsPort)).toBe('first.example');
    await writePair(directory, 'site', ['second.example']);
    await expect.poll(() => servedName(running.httpsPort), { timeout: PATIENCE_MS }).toBe('second.example');
  });

  it('of one site that went bad hold back no other site, with two workers', async () => {
    const one = tls.replace('site.pem', 'one.pem').replace('site.key', 'one.key');
    const two =
      '  - { hosts: [two.example], tls: { certificate: two.pem, key: two.key }, routes: [{ path: /, respond: { body: two } }] }';
    const directory = site({ 'tollgate.yaml': `${one.trimEnd()}\n${two}\n` });
    await writePair(directory, 'one', ['one.example']);
    await writePair(directory, 'two', ['former.example']);
    const { httpsPort } = await serve(directory, { args: ['--workers', '2'] });
    rmSync(join(directory, 'one.key'));
    await writePair(directory, 'two', ['renewed.example']);
    // Several in a row: each worker is asked.
    const shown = async (): Promise<Set<string>> =>
      new Set(await Promise.all(Array.from({ length: 16 }, () => servedName(httpsPort, 'two.example'))));
    await expect.poll(shown, { timeout: PATIENCE_MS }).toEqual(new Set(['renewed.example']));
    expect(await servedName(httpsPort, 'one.example')).toBe('one.example');
  });

  it('that certbot renews are noticed: links to numbered files, moved one after the other', async () => {
    const directory = site({
      'tollgate.yaml': config().replace(
        'self-signed',
        '{ certificate: live/first.example/fullchain.pem, key: live/first.example/privkey.pem }',
      ),
    });
    for (const room of ['archive', 'live'])
      mkdirSync(join(directory, room, 'first.example'), { recursive: true });
    const renew = async (number: number, name: string): Promise<void> => {
      await writePair(join(directory, 'archive/first.example'), `${number}`, [name]);
      for (const [link, file] of [
        ['privkey.pem', `${number}.key`],
        ['fullchain.pem', `${number}.pem`],
      ] as const) {
        const at = join(directory, 'live/first.example', link);
        rmSync(at, { force: true });
        symlinkSync(`../../archive/first.example/${file}`, at);
      }
    };
    await renew(1, 'first.example');
    const running = await serve(directory);
    await renew(2, 'second.example');
    await expect.poll(() => servedName(running.httpsPort), { timeout: PATIENCE_MS }).toBe('second.example');
    expect(running.events().filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('of a Kubernetes secret are noticed: one link is swapped under two workers, and no request fails', async () => {
    const directory = site({
      'tollgate.yaml': config().replace('self-signed', '{ certificate: tls/tls.crt, key: tls/tls.key }'),
    });
    const mount = join(directory, 'tls');
    mkdirSync(mount);
    // As kubelet does it (AtomicWriter): a directory of its own for each version, `..data` renamed over, the old one removed.
    const project = async (version: string, name: string): Promise<void> => {
      mkdirSync(join(mount, version));
      await writePair(join(mount, version), 'tls', [name]);
      renameSync(join(mount, version, 'tls.pem'), join(mount, version, 'tls.crt'));
      symlinkSync(version, join(mount, '..data_tmp'));
      renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
    };
    await project('..2026_01', 'first.example');
    for (const file of ['tls.crt', 'tls.key']) symlinkSync(`..data/${file}`, join(mount, file));
    const running = await serve(directory, { args: ['--workers', '2', '--request-log', 'off'] });
    const load = startLoad(running.httpsPort, { clients: 4, mode: 'new' });
    await project('..2026_02', 'second.example');
    rmSync(join(mount, '..2026_01'), { recursive: true });
    await expect.poll(() => servedName(running.httpsPort), { timeout: PATIENCE_MS }).toBe('second.example');
    await load.stop();
    expect(load.failures).toEqual([]);
  });
});
