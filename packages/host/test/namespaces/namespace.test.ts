import { spawn, spawnSync } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { gatherFacts, LIVE, openKernelLog, runChecks, viewOf } from '../../src/index.ts';

const missing =
  process.getuid?.() === 0 && spawnSync('conntrack', ['--version']).status === 0
    ? []
    : ['root and conntrack'];

/** A namespace with a tracking ruleset, and a process that lives in it. */
async function inhabited(): Promise<{
  readonly pid: number;
  readonly run: (script: string, input?: string) => string;
}> {
  const name = `tghost${process.pid}`;
  const run = (script: string, input = ''): string =>
    spawnSync('ip', ['netns', 'exec', name, 'sh', '-c', script], {
      input,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    }).stdout;
  spawnSync('ip', ['netns', 'add', name]);
  onTestFinished(() => void spawnSync('ip', ['netns', 'del', name]));
  const child = spawn('ip', ['netns', 'exec', name, 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill());
  child.stdin.write('here\n');
  await new Promise((resolve) => child.stdout.once('data', resolve));
  run(
    'ip link set lo up; nft -f -',
    'table inet t {\n chain i {\n  type filter hook input priority 0;\n  ct state invalid drop\n }\n}\n',
  );
  return { pid: child.pid ?? 0, run };
}

it('the table of another namespace is seen full through a process that lives there, and its drops and the kernel line with it', async (context) => {
  if (missing.length > 0 && process.env['CI'] !== 'true') context.skip(`needs ${missing.join()}`);
  const { pid, run } = await inhabited();
  const max = gatherFacts({ root: LIVE }).conntrackLimits;
  const lines = Array.from(
    { length: (max.ok ? max.value.max : 0) + 64 },
    (_, n) =>
      `-A -t 600 -u SEEN_REPLY,ASSURED -s 11.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255} -d 12.0.0.1 -p tcp --sport 5000 --dport 5000 --state ESTABLISHED`,
  );
  const log = openKernelLog();
  expect(log.ok).toBe(true);
  const before = gatherFacts({ root: LIVE, pid });
  run('cat | conntrack -R /dev/stdin', lines.join('\n'));
  run('ping -c 3 -i 0.2 -W 1 127.0.0.1');
  const checks = runChecks(viewOf(before, gatherFacts({ root: LIVE, pid })));
  const status = (id: string) => checks.find((check) => check.id === id)?.status;
  expect([status('conntrack-use'), status('conntrack-drops')]).toEqual(['fail', 'fail']);
  if (!log.ok) return;
  onTestFinished(() => log.value.close());
  expect(
    log.value
      .read()
      .map(({ text }) => text)
      .join('\n'),
  ).toMatch(/nf_conntrack: table full/);
});
