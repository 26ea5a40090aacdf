// One process: what it is, its memory, its open files against its limit. The proc root is injected.
import {
  type HostRoot,
  map,
  readLine,
  readNames,
  type Reading,
  readText,
  readWith,
  valueOf,
} from './reading.ts';

export interface ProcessStatus {
  readonly name: string;
  readonly parent: number;
  readonly threads: number;
  readonly residentBytes: number;
}

export const readProcessStatus = (root: HostRoot, pid: number): Reading<ProcessStatus> =>
  readWith(root, `proc/${pid}/status`, parseStatus);

function parseStatus(text: string): ProcessStatus | undefined {
  const field = (name: string): string | undefined => text.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))?.[1];
  const name = field('Name');
  const parent = field('PPid');
  if (name === undefined || parent === undefined) return undefined;
  return {
    name,
    parent: Number(parent),
    threads: Number(field('Threads') ?? 1),
    // `VmRSS: 1234 kB`; a kernel thread has none.
    residentBytes: Number.parseInt(field('VmRSS') ?? '0', 10) * 1024,
  };
}

export interface OpenFiles {
  readonly open: number;
  /** The soft limit, which is what EMFILE obeys; `Infinity` for unlimited. */
  readonly limit: number;
}

/** Unreadable for another user's process unless root. */
export function readOpenFiles(root: HostRoot, pid: number): Reading<OpenFiles> {
  const limit = readWith(root, `proc/${pid}/limits`, parseOpenFilesLimit);
  if (!limit.ok) return limit;
  return map(readNames(root, `proc/${pid}/fd`), (names) => ({ open: names.length, limit: limit.value }));
}

/** Nothing that serves runs with fewer files. */
const LEAST_WORKING_LIMIT = 64;

/** It lowered its limit to what it holds or less, a common step into a sandbox: it opens nothing more, and misses nothing. */
export const hasGivenUpOpening = ({ open, limit }: OpenFiles): boolean =>
  limit < LEAST_WORKING_LIMIT && open >= limit;

function parseOpenFilesLimit(text: string): number | undefined {
  const soft = text.match(/^Max open files\s+(\S+)/m)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/** All processes whose short name (15 bytes at most, as the kernel cuts it) is `name`. */
export function findProcesses(root: HostRoot, name: string): Reading<readonly number[]> {
  const short = name.slice(0, 15);
  return map(readPids(root), (pids) =>
    pids.filter((pid) => {
      const comm = readText(root, `proc/${pid}/comm`);
      return comm.ok && comm.value.trimEnd() === short;
    }),
  );
}

export const readPids = (root: HostRoot): Reading<readonly number[]> =>
  map(readNames(root, 'proc'), (names) => names.filter((name) => /^\d+$/.test(name)).map(Number));

/** A process and its descendants, the process first. */
export function readTree(root: HostRoot, pid: number): Reading<readonly number[]> {
  const tree = [pid];
  for (const member of tree) {
    const children = readChildren(root, member);
    // A kernel without CONFIG_PROC_CHILDREN: every process is asked for its parent.
    if (children === undefined && member === pid) return readTreeByParents(root, pid);
    // A descendant that has ended meanwhile has none.
    tree.push(...(children ?? []));
  }
  return valueOf(tree);
}

/** Of each thread, for a child belongs to the thread that made it. `undefined` where the kernel keeps no such list. */
function readChildren(root: HostRoot, pid: number): readonly number[] | undefined {
  const threads = readNames(root, `proc/${pid}/task`);
  if (!threads.ok) return undefined;
  const lists = threads.value.map((thread) => readLine(root, `proc/${pid}/task/${thread}/children`));
  if (!lists.some(({ ok }) => ok)) return undefined;
  return lists.flatMap((list) => (list.ok ? list.value.split(' ').filter(Boolean).map(Number) : []));
}

function readTreeByParents(root: HostRoot, pid: number): Reading<readonly number[]> {
  const pids = readPids(root);
  if (!pids.ok) return pids;
  const children = new Map<number, number[]>();
  for (const candidate of pids.value) {
    const parent = readParent(root, candidate);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), candidate]);
  }
  const tree = [pid];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return valueOf(tree);
}

/** From `PID (NAME) STATE PPID …`; the name may hold spaces and brackets, so the last `)` counts. */
function readParent(root: HostRoot, pid: number): number | undefined {
  const stat = readText(root, `proc/${pid}/stat`);
  if (!stat.ok) return undefined;
  const parent = stat.value.slice(stat.value.lastIndexOf(')') + 2).split(' ')[1];
  return parent === undefined ? undefined : Number(parent);
}
