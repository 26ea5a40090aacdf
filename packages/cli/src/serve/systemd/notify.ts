// What systemd is told (sd_notify(3)). Node cannot open a unix datagram socket, so `systemd-notify` carries the message.
// Not with --no-block: without its barrier the child may be gone before systemd can see which unit it belonged to.
import { execFile } from 'node:child_process';
import type { EventLog } from '@tollgate/log';
import type { Environment } from './sockets.ts';

export interface Notifier {
  ready(): void;
  reloading(): void;
  stopping(): void;
  /** Ends the watchdog's pings. */
  close(): void;
}

const SILENT: Notifier = { ready() {}, reloading() {}, stopping() {}, close() {} };
const NANOS_PER_MICRO = 1000n;
const MICROS_PER_MS = 1000;

export function createNotifier(env: Environment, pid: number, log: EventLog): Notifier {
  if (env['NOTIFY_SOCKET'] === undefined) return SILENT;
  const childEnv = { ...env };
  let failed = false;
  const send = (...fields: string[]): void => {
    execFile('systemd-notify', fields, { env: childEnv }, (error) => {
      if (error && !failed)
        log.warn({ err: error }, 'systemd-notify failed: systemd does not know our state');
      failed = error !== null;
    });
  };
  const pings = startWatchdog(env, pid, () => send('WATCHDOG=1'));
  return {
    ready: () => send('READY=1'),
    // systemd wants the time of the reload on its own clock, to tell an old READY=1 from the new one.
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / NANOS_PER_MICRO}`),
    stopping: () => send('STOPPING=1'),
    close: () => clearInterval(pings),
  };
}

/** Half the period is what sd_watchdog_enabled(3) recommends. */
function startWatchdog(env: Environment, pid: number, ping: () => void): NodeJS.Timeout | undefined {
  const periodMs = Number(env['WATCHDOG_USEC'] ?? 0) / MICROS_PER_MS;
  const forUs = env['WATCHDOG_PID'] === undefined || Number(env['WATCHDOG_PID']) === pid;
  if (!forUs || !(periodMs > 0)) return undefined;
  return setInterval(ping, periodMs / 2).unref();
}
