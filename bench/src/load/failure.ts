// Which phase a failed attempt is booked under; pure.
import type { ErrorPhase } from './spec.ts';

/** How far an attempt has come. */
export type Stage = 'connecting' | 'handshake' | 'waiting' | 'reading';

const BY_CODE: Readonly<Record<string, ErrorPhase>> = {
  // connect() found no free port; with a bound source address it is bind() that finds none.
  EADDRNOTAVAIL: 'ports',
  EADDRINUSE: 'ports',
  ECONNREFUSED: 'refused',
  EMFILE: 'files',
  ENFILE: 'files',
};

const ON_ERROR: Readonly<Record<Stage, ErrorPhase>> = {
  // The ways a network says no: EHOSTUNREACH, ENETUNREACH, EPERM, EACCES.
  connecting: 'refused',
  handshake: 'tls',
  waiting: 'reset',
  reading: 'reset',
};
const ON_TIMEOUT: Readonly<Record<Stage, ErrorPhase>> = {
  connecting: 'connect-timeout',
  handshake: 'tls',
  waiting: 'first-byte',
  reading: 'truncated',
};
const ON_FIN: Readonly<Record<Stage, ErrorPhase>> = {
  connecting: 'refused',
  handshake: 'tls',
  waiting: 'fin',
  reading: 'truncated',
};

export function phaseOfError(error: Error, stage: Stage): ErrorPhase {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const own = BY_CODE[code];
  if (own !== undefined) return own;
  if (code === 'ETIMEDOUT') return ON_TIMEOUT[stage];
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return 'tls';
  // Node reports a FIN inside the handshake as ECONNRESET too, but only a real RST has a system call to name.
  if (code === 'ECONNRESET' && 'syscall' in error) return 'reset';
  return ON_ERROR[stage];
}

export const phaseOfTimeout = (stage: Stage): ErrorPhase => ON_TIMEOUT[stage];
export const phaseOfFin = (stage: Stage): ErrorPhase => ON_FIN[stage];

/** Failures that cost the kernel nothing to repeat: without a pause the closed loop would spin on them. */
export const callsForPause = (phase: ErrorPhase): boolean =>
  phase === 'refused' || phase === 'ports' || phase === 'files';

/** 10, 20, 40 … 1000 ms after so many such failures in a row. */
export const pauseMs = (failuresInARow: number): number => Math.min(1000, 10 * 2 ** (failuresInARow - 1));
