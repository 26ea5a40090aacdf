// `tollgate firewall status`: loaded or not, the counters with their meaning, an apply that waits.
import { type FirewallStatus, readStatus } from '@tollgate/firewall';
import { EXIT, type ExitCode } from '../../exit.ts';

export function statusCommand(options: { json?: boolean }): ExitCode {
  const status = readStatus();
  console.log(options.json === true ? JSON.stringify(status) : statusText(status));
  return status.loaded ? EXIT.ok : EXIT.failure;
}

function statusText({ loaded, problem, counters, pending }: FirewallStatus): string {
  const state =
    problem !== undefined
      ? `cannot be told: ${problem}`
      : loaded
        ? 'loaded'
        : 'not loaded: tollgate firewall apply';
  const waiting =
    pending === undefined
      ? []
      : [
          pending.stage === 'waiting'
            ? `an apply waits for its confirm: ${pending.secondsLeft} s left`
            : 'an apply is being undone',
        ];
  const width = Math.max(0, ...counters.map(({ packets }) => String(packets).length));
  const lines = counters.map(({ packets, meaning }) => `  ${String(packets).padStart(width)}  ${meaning}`);
  return [`table inet tollgate: ${state}`, ...waiting, ...lines].join('\n');
}
