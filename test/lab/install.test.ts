// deploy/install.sh in a root of its own: this machine as it is below, and a layer above that catches every write.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';

const CHECKOUT = join(import.meta.dirname, '../..');
const able = spawnSync('unshare', ['-m', 'true']).status === 0 && spawnSync('perl', ['-v']).status === 0;

/** As systemd does: sockets that are opened once and handed to each child; a child that ends is started again. HUP restarts it. */
const HOLDER = `
use strict; use warnings; use IO::Socket::INET; use POSIX ();
my @sockets = map { IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 4096) or die $! } (1, 2);
$| = 1;
print $sockets[0]->sockport, "\\n";
my ($child, $go_on) = (0, 1);
$SIG{TERM} = sub { $go_on = 0; kill 'TERM', $child };
$SIG{HUP} = sub { kill 'TERM', $child };
while ($go_on) {
  $child = fork();
  if ($child == 0) {
    POSIX::dup2(fileno $sockets[$_], 30 + $_) for (0, 1);
    POSIX::dup2(30 + $_, 3 + $_) for (0, 1);
    @ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ($$, 2, 'https:http');
    open STDOUT, '>', '/dev/null';
    exec @ARGV or die $!;
  }
  while (waitpid($child, 0) == -1 && $!{EINTR}) {}
}
`;

interface Root {
  /** Runs a script with the layered root as $R. */
  readonly run: (script: string) => { readonly status: number | null; readonly output: string };
  /** What was written that is still there; overlayfs marks what was deleted by character devices. */
  readonly written: () => readonly string[];
  readonly path: string;
}

/** An overlay that the test's own mounts show; node_modules and the build come from the checkout below it. */
function layeredRoot(): Root {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-install-'));
  const path = join(directory, 'root');
  const mount = `mkdir -p ${directory}/up ${directory}/scratch ${path} && mount -t tmpfs tollgate ${directory}/up && mkdir ${directory}/up/up ${directory}/up/scratch && mount -t overlay overlay -o lowerdir=/,upperdir=${directory}/up/up,workdir=${directory}/up/scratch ${path} && mount --bind /dev ${path}/dev && mount -t proc proc ${path}/proc`;
  expect(spawnSync('sh', ['-c', mount], { encoding: 'utf8' }).stderr).toBe('');
  onTestFinished(() => {
    spawnSync('sh', ['-c', `umount ${path}/proc ${path}/dev; umount ${path}; umount ${directory}/up`]);
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    path,
    run: (script) => {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
        cwd: CHECKOUT,
        encoding: 'utf8',
        env: { ...process.env, R: path },
        timeout: 170_000,
      });
      return { status, output: stdout + stderr };
    },
    written: () =>
      spawnSync('sh', ['-c', `cd ${directory}/up/up && find . -not -type d -not -type c | sort`], {
        encoding: 'utf8',
      })
        .stdout.split('\n')
        .filter((name) => name !== ''),
  };
}

const get = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    // A new connection each: those are the ones a restart could lose.
    const asked = request({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      agent: false,
      timeout: 20_000,
    });
    asked.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in 20 s')));
    asked.on('error', reject);
    asked.end();
  });

it('installs, serves, upgrades under load without a lost connection, and uninstalls to nothing', async (context) => {
  if (!able && process.env['CI'] !== 'true') context.skip('needs root and perl');
  const root = layeredRoot();
  const installed = root.run('sh deploy/install.sh --root "$R"');
  expect(installed).toMatchObject({ status: 0, output: expect.stringContaining('installed') });

  writeFileSync(join(root.path, 'tmp/holder.pl'), HOLDER);
  const serve = '/usr/local/bin/tollgate serve -c /etc/tollgate/tollgate.yaml';
  const holder = spawn(
    'chroot',
    [root.path, 'sh', '-c', `STATE_DIRECTORY=/var/lib/tollgate exec perl /tmp/holder.pl ${serve}`],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  onTestFinished(() => void holder.kill('SIGKILL'));
  const port = Number(
    await new Promise((resolve) => holder.stdout.once('data', (text) => resolve(String(text).trim()))),
  );
  expect(await get(port)).toBe(200);

  writeFileSync(
    join(root.path, 'etc/tollgate/tollgate.yaml'),
    `# mine\n${root.run('cat deploy/tollgate.yaml').output}`,
  );
  const upgraded = root.run('sh deploy/install.sh --root "$R"');
  expect(upgraded.output).toContain('tollgate.yaml is yours: left as it is');
  const answers = restartedUnderLoad(port, () => holder.kill('SIGHUP'));
  expect(new Set(await answers)).toEqual(new Set([200]));

  const ended = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGTERM');
  await ended;
  expect(root.run('sh deploy/install.sh --root "$R" --uninstall').output).toContain('/etc/tollgate is yours');
  expect(root.written().filter((name) => !/^\.\/(tmp|root|var\/lib\/tollgate)\//.test(name))).toEqual([
    './etc/tollgate/tollgate.yaml',
  ]);
  expect(root.run('sh deploy/install.sh --root "$R" --uninstall --purge').status).toBe(0);
  expect(root.written().filter((name) => !/^\.\/(tmp|root)\//.test(name))).toEqual([]);
});

/** Eight clients that open connection after connection while the service restarts twice. */
async function restartedUnderLoad(port: number, restart: () => void): Promise<readonly number[]> {
  const stop = new AbortController();
  const client = async (): Promise<readonly number[]> => {
    const statuses: number[] = [];
    while (!stop.signal.aborted) statuses.push(await get(port));
    return statuses;
  };
  const clients = Array.from({ length: 8 }, client);
  for (let restarts = 0; restarts < 2; restarts++) {
    await wait(1000);
    restart();
    await wait(2000);
  }
  stop.abort();
  return (await Promise.all(clients)).flat();
}
