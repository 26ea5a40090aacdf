// Whatever a person gets wrong before the site serves: said all at once, with its place, and with what to do.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writePair } from '../support/certificate.ts';
import { config, run, site } from '../support/tollgate.ts';

const THREE_MISTAKES = `listen: { https: 127.0.0.1:0 }
workes: 2
requestLog: { mode: sometimes }
sites:
  - hosts: ['*']
    tls: self-signed
    routes:
      - { path: /, files: ./missing }
`;

function tlsSite(certificate: string, key: string): string {
  const tls = `tls: { certificate: ${certificate}, key: ${key} }`;
  return config().replace('tls: self-signed', tls);
}

/** As whoever runs the tests, less these capabilities: root may otherwise do everything. */
function withoutRights(...capabilities: readonly string[]): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  return ['setpriv', `--bounding-set=${capabilities.map((name) => `-${name}`).join(',')}`, '--'];
}

async function busyPort(): Promise<number> {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void holder.close());
  const bound = holder.address();
  return typeof bound === 'object' ? (bound?.port ?? 0) : 0;
}

describe('a configuration with three mistakes', () => {
  const located = [
    /^tollgate\.yaml:2:1: workes: /m,
    /^tollgate\.yaml:3:\d+: requestLog\.mode: /m,
    /^tollgate\.yaml:8:\d+: /m,
  ];

  it.each([['check'], ['serve'], ['reload'], ['status']])(
    '`tollgate %s` tells all three, and exits 78',
    async (command) => {
      const { code, stdout, stderr } = await run(site({ 'tollgate.yaml': THREE_MISTAKES }), [command]);
      expect(code).toBe(78);
      expect(stdout).toBe('');
      for (const mistake of located) expect(stderr).toMatch(mistake);
      expect(stderr.match(/^tollgate\.yaml:\d+:\d+: /gm)).toHaveLength(3);
    },
  );

  it('is a list for a program with --json', async () => {
    const { code, stdout } = await run(site({ 'tollgate.yaml': THREE_MISTAKES }), ['check', '--json']);
    expect(code).toBe(78);
    const { ok, errors } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(errors).toHaveLength(3);
  });
});

describe('a mistake', () => {
  it('no configuration at all: the places looked at, and a file to begin with', async () => {
    const { code, stderr } = await run('/', ['serve']);
    expect(code).toBe(78);
    expect(stderr).toContain('/etc/tollgate/tollgate.yaml');
    expect(stderr).toContain('sites:');
  });

  it('a configuration that is not there: its name', async () => {
    const { code, stderr } = await run(site(), ['check', '-c', 'typo.yaml']);
    expect(code).toBe(78);
    expect(stderr).toContain('typo.yaml');
  });

  it('a missing certificate: its path and place', async () => {
    const { code, stderr } = await run(site({ 'tollgate.yaml': tlsSite('no.pem', 'no.key') }), ['serve']);
    expect(code).toBe(78);
    expect(stderr).toMatch(/^tollgate\.yaml:\d+:\d+: sites\[0\]\.tls\.certificate: .*no\.pem/m);
    expect(stderr).toMatch(/^tollgate\.yaml:\d+:\d+: sites\[0\]\.tls\.key: .*no\.key/m);
  });

  it('a key that is no key: its place', async () => {
    const directory = site({ 'tollgate.yaml': tlsSite('a.pem', 'a.key') });
    await writePair(directory, 'a', ['localhost']);
    writeFileSync(join(directory, 'a.key'), 'not a key');
    const { code, stderr } = await run(directory, ['serve']);
    expect(code).toBe(78);
    expect(stderr).toMatch(/^tollgate\.yaml:\d+:\d+: sites\[0\]\.tls\.key: expected/m);
  });

  it('a key that may not be read: whose it is, and what to do', async () => {
    const directory = site({ 'tollgate.yaml': tlsSite('a.pem', 'a.key') });
    await writePair(directory, 'a', ['localhost']);
    chmodSync(join(directory, 'a.key'), 0o000);
    const { code, stderr } = await run(
      directory,
      ['serve'],
      {},
      withoutRights('dac_override', 'dac_read_search'),
    );
    expect(code).toBe(78);
    expect(stderr).toMatch(/^tollgate\.yaml:\d+:\d+: sites\[0\]\.tls\.key: expected .*a\.key.*may not read/m);
  });

  it('a key that is a directory: says so', async () => {
    const directory = site({ 'tollgate.yaml': tlsSite('a.pem', './keys') });
    await writePair(directory, 'a', ['localhost']);
    mkdirSync(join(directory, 'keys'));
    const { code, stderr } = await run(directory, ['serve']);
    expect(code).toBe(78);
    expect(stderr).toMatch(/sites\[0\]\.tls\.key: expected .*keys/);
  });

  it('a port below 1024 without the right to it: which, and the ways to have it', async () => {
    const args = ['serve', '--https-port', '127.0.0.1:3'];
    const { code, stderr } = await run(site(), args, {}, withoutRights('net_bind_service'));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^tollgate: listen\.https: no right to listen on .*3; .*CAP_NET_BIND_SERVICE.*socket activation/m,
    );
  });

  it('a certificate of another key: says that they do not belong together', async () => {
    const directory = site({ 'tollgate.yaml': tlsSite('a.pem', 'b.key') });
    await writePair(directory, 'a', ['localhost']);
    await writePair(directory, 'b', ['localhost']);
    const { code, stderr } = await run(directory, ['serve']);
    expect(code).toBe(78);
    expect(stderr).toMatch(/sites\[0\]\.tls\.\w+: expected/);
  });

  it('a busy port: which, and how to find who has it', async () => {
    const port = await busyPort();
    const { code, stderr } = await run(site(), ['serve', '--https-port', `127.0.0.1:${port}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^tollgate: listen\\.https: .*${port}.* in use; .*ss -ltnp`, 'm'));
  });

  it('a busy admin port: that another tollgate may be running', async () => {
    const port = await busyPort();
    const file = config().replace('unix:./admin.sock', `127.0.0.1:${port}`);
    const { code, stderr } = await run(site({ 'tollgate.yaml': file }), ['serve']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/is another tollgate running\?/);
  });

  it('an app module that is not there: its place', async () => {
    const file = config().replace('./app.mjs', './nowhere.mjs');
    const { code, stderr } = await run(site({ 'tollgate.yaml': file }), ['serve']);
    expect(code).toBe(78);
    expect(stderr).toMatch(/^tollgate\.yaml:\d+:\d+: .*nowhere\.mjs/m);
  });

  it.each([
    ['throws while it is loaded', 'throw new Error("out of cheese");', 'out of cheese'],
    ['imports what is not there', 'import "no-such-package"; export default () => {};', 'no-such-package'],
    ['is no plugin', 'export default 42;', 'expected a Fastify plugin'],
    ['fails to start', 'export default async () => { throw new Error("no database"); };', 'no database'],
  ])('an app module that %s: the module and the reason', async (_what, app, reason) => {
    const { code, stderr } = await run(site({ 'app.mjs': app }), ['serve']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tollgate: .*app\.mjs/m);
    expect(stderr).toContain(reason);
  });

  it('a log file in a directory that is not there: which file', async () => {
    const { code, stderr } = await run(site(), ['serve', '--request-log-to', '/no/such/access.log']);
    expect(code).toBe(78);
    expect(stderr).toMatch(/--request-log-to: expected .*\/no\/such\/access\.log/);
  });

  it('asking when nothing runs: where it asked', async () => {
    for (const command of ['status', 'reload']) {
      const { code, stderr } = await run(site(), [command]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/nobody answers at .*admin\.sock.*is `tollgate serve` running\?/);
    }
  });
});
