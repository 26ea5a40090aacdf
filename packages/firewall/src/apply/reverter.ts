// The way back: a process of its own that undoes the apply when nobody confirms, whatever becomes of the session that typed it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { searchPath } from '../kernel/nft.ts';
import type { ApplyState } from './state.ts';

/** Plain sh and nft: it must run when everything else is broken. */
export function revertScript(state: ApplyState, id: string, table: string): string {
  const at = (part: Parameters<ApplyState['path']>[1]): string => quote(state.path(id, part));
  return `#!/bin/sh
# Puts the firewall back as it was before ${id}, unless \`tollgate firewall confirm\` comes first.
# nft is where the apply has found it, whatever PATH this is started with.
PATH=${quote(searchPath())}
: > ${at('armed')}
sleep "\${1:-0}"
# Whoever renames the file decides: this, or the confirm. Renamed already, it is a revert by hand that did not succeed.
mv ${at('pending')} ${at('reverting')} 2>/dev/null || [ -e ${at('reverting')} ] || exit 0
# An old ruleset that no longer loads must not lock anybody out either: then the table goes.
nft -f ${at('before.nft')} || printf ${quote(takenAway(table).replaceAll('\n', '\\n'))} | nft -f - || exit 1
rm -f ${at('reverting')}
rm -f ${quote(`${state.directory}/${id}`)}.*
`;
}

/** The text that takes the table away, also where there is none. */
export const takenAway = (table: string): string => `table inet ${table}\ndelete table inet ${table}\n`;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Resolves to how it runs once it is known to be armed, or to `undefined` when this host has no way back. */
export async function armReverter(
  state: ApplyState,
  id: string,
  seconds: number,
): Promise<'systemd' | 'process' | undefined> {
  const script = state.path(id, 'revert.sh');
  if (hasSystemd() && startTimer(script, id, seconds)) return 'systemd';
  const child = spawn('sh', [script, String(seconds)], { detached: true, stdio: 'ignore', cwd: '/' });
  child.on('error', () => undefined); // Told by the file that does not appear.
  child.unref();
  return (await appears(state.path(id, 'armed'))) ? 'process' : undefined;
}

/** systemd's timers run in the machine's own namespace: elsewhere they would revert the wrong one. */
function hasSystemd(): boolean {
  try {
    return (
      existsSync('/run/systemd/system') &&
      readlinkSync('/proc/self/ns/net') === readlinkSync('/proc/1/ns/net')
    );
  } catch {
    // Namespaces may not be looked at: then a plain process, which inherits ours.
    return false;
  }
}

function startTimer(script: string, id: string, seconds: number): boolean {
  const unit = `tollgate-revert-${id}`;
  const args = [
    `--unit=${unit}`,
    `--on-active=${seconds}`,
    '--timer-property=AccuracySec=1s',
    'sh',
    script,
    '0',
  ];
  return spawnSync('systemd-run', args, { stdio: 'ignore' }).status === 0;
}

async function appears(path: string): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    if (existsSync(path)) return true;
    await wait(50);
  }
  return false;
}
