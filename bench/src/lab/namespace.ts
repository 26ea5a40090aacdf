// A network, process and mount namespace of its own, held by a process that dies with this one, and with it all inside.
import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { LIVE, readTree } from '@tollgate/host';
import { type Place, pinned, runIn } from './place.ts';
import { LabProcess } from './process.ts';
import type { Scope } from './scope.ts';

export interface Namespace extends Place {
  readonly kind: 'namespace';
  readonly netOf: number;
  readonly netns: string;
  /** What the kernel calls this network namespace in its log (`table full in netns N`). */
  readonly inode: number;
}

/** A private /run (a journal, pid files), with this namespace's interfaces in /run/sys; `cat` ends when the parent's pipe does. */
const HOLD = [
  'mount -t tmpfs tmpfs /run',
  'mkdir /run/sys',
  'mount -t sysfs sysfs /run/sys',
  'ip link set lo up',
  'echo ready',
  'cat',
].join(' && ');

/** Needs root. Nothing of it has a name on the host, so nothing of it can be left behind. */
export async function openNamespace(scope: Scope): Promise<Namespace> {
  const unshare = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...unshare, 'sh', '-c', HOLD], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => void holder.once('close', () => resolve()));
  scope.defer(async () => {
    holder.kill('SIGKILL');
    await gone;
  });
  await new Promise<void>((resolve, reject) => {
    let complaint = '';
    holder.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    holder.stdout.once('data', () => resolve());
    holder.once('error', reject);
    holder.once('close', () => reject(new Error(`no namespace could be made: ${complaint.trim()}`)));
  });
  const tree = readTree(LIVE, holder.pid ?? 0);
  const inside = tree.ok ? tree.value[1] : undefined;
  if (inside === undefined) throw new Error('no namespace could be made: its holder has no child');
  return enter(inside);
}

function enter(pid: number): Namespace {
  const door = ['nsenter', `--target=${pid}`, '--net', '--mount', '--pid', '--'];
  return {
    kind: 'namespace',
    netOf: pid,
    netns: `/proc/${pid}/ns/net`,
    root: `/proc/${pid}/root`,
    inode: Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0]),
    run: (argv, input) => runIn(door, argv, input),
    // Entering a mount namespace also moves to its root directory: go back to where the caller is.
    start: (argv, options) =>
      new LabProcess([...door, 'env', `--chdir=${options.cwd ?? process.cwd()}`, ...pinned(argv, options)], {
        ...options,
        wrappers: 1,
      }),
  };
}
