// The one place that runs nft: against this namespace's kernel, or in a throw-away namespace that dies with the command.
import { spawnSync } from 'node:child_process';

/** `absent`: what was to be listed is not there. */
export type NftResult =
  | { readonly ok: true; readonly output: string }
  | { readonly ok: false; readonly why: 'not-installed' | 'absent' | 'refused'; readonly message: string };

/** With the directories of the administrator's programs, which `su` leaves out on Debian. */
export const searchPath = (): string =>
  [process.env['PATH'] ?? '', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');

/** `nft ARGS` with `text` on its input. Synchronous: the callers are commands, and nothing runs beside them. */
export function runNft(args: readonly string[], text = ''): NftResult {
  return run('nft', args, text);
}

/** Every table as JSON; of the network namespace that a process lives in, or of ours. */
export function listLoaded(pid?: number): NftResult {
  const list = ['-j', 'list', 'ruleset'];
  return pid === undefined ? runNft(list) : run('nsenter', [`--net=/proc/${pid}/ns/net`, 'nft', ...list], '');
}

/** What the kernel makes of the text, as JSON. Needs no root: user and network namespaces are new and empty (unshare(1)). */
export function loadInThrowAwayNamespace(text: string): NftResult {
  const links = interfacesNamed(text).map((name) => `ip link add '${name}' type dummy 2>/dev/null; `);
  const script = `${links.join('')}nft -f - && nft -j list ruleset`;
  return run('unshare', ['--user', '--map-root-user', '--net', 'sh', '-c', script], text);
}

/** `iif`, `oif` and devices must exist when the text is loaded; interface names are at most 15 plain characters. */
function interfacesNamed(text: string): readonly string[] {
  const names = [...text.matchAll(/\b(?:iif|oif|device)\s+"?([A-Za-z0-9_.-]{1,15})"?/g)].map(
    (match) => match[1] ?? '',
  );
  return [...new Set(names)].filter((name) => name !== 'lo' && name !== '');
}

function run(command: string, args: readonly string[], input: string): NftResult {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    input,
    // Its messages are read below.
    env: { ...process.env, PATH: searchPath(), LC_ALL: 'C' },
    encoding: 'utf8',
    timeout: 30_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    return { ok: false, why: 'not-installed', message: `${command} is not installed` };
  }
  if (status === 0) return { ok: true, output: stdout };
  const message = error === undefined ? stderr.trim() : error.message;
  return { ok: false, why: whyOf(message), message };
}

function whyOf(message: string): 'not-installed' | 'absent' | 'refused' {
  if (/nft: not found/.test(message)) return 'not-installed';
  return /No such file or directory/.test(message) ? 'absent' : 'refused';
}
