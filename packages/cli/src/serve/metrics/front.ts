// Connections, TLS and logs of all processes together.
import type { RequestLogMode } from '@tollgate/core';
import type { ProcessFigures, Totals } from '../figures/figures.ts';
import { counter, gauge, type Family } from './family.ts';

export function frontFamilies(totals: Totals, processes: readonly ProcessFigures[]): readonly Family[] {
  const fronts = processes.map(({ report }) => report.front);
  const now = (name: 'connections' | 'activeRequests' | 'tunnels'): number =>
    fronts.reduce((sum, front) => sum + front[name], 0);
  return [
    gauge('tollgate_connections', 'Client connections open now.', now('connections')),
    gauge('tollgate_requests_active', 'Requests under way now.', now('activeRequests')),
    gauge('tollgate_websockets', 'WebSockets open now.', now('tunnels')),
    ...connectionFamilies(totals),
    ...logFamilies(totals, processes),
  ];
}

function connectionFamilies({ counts }: Totals): readonly Family[] {
  return [
    counter('tollgate_connections_accepted', 'Client connections accepted.', counts.accepted),
    counter(
      'tollgate_connections_over_limit',
      'Client connections closed at once because of limits.connections.',
      counts.overLimit,
    ),
    counter('tollgate_tls_handshakes', 'TLS handshakes that succeeded, by whether a session was resumed.', [
      { labels: { resumed: 'false' }, value: counts.tlsHandshakes - counts.tlsResumed },
      { labels: { resumed: 'true' }, value: counts.tlsResumed },
    ]),
    counter(
      'tollgate_tls_handshake_failures',
      'TLS handshakes that failed or timed out.',
      counts.tlsFailures,
    ),
    counter(
      'tollgate_h2_reset_floods',
      'HTTP/2 connections closed for resetting too many streams.',
      counts.h2ResetFloods,
    ),
  ];
}

const MODES: readonly RequestLogMode[] = ['off', 'on', 'errors', 'auto'];

function logFamilies({ counts }: Totals, processes: readonly ProcessFigures[]): readonly Family[] {
  const mode = processes[0]?.report.requestLog.mode;
  return [
    counter('tollgate_request_log_lines', 'Lines of the request log, by what became of them.', [
      { labels: { outcome: 'written' }, value: counts.logWritten },
      { labels: { outcome: 'shed' }, value: counts.logShed },
      { labels: { outcome: 'dropped' }, value: counts.logDropped },
    ]),
    counter(
      'tollgate_request_log_failed_writes',
      'Writes of the request log that the system refused; each is tried again.',
      counts.logFailedWrites,
    ),
    gauge(
      'tollgate_request_log_mode',
      '1 for the mode in force.',
      MODES.map((name) => ({ labels: { mode: name }, value: name === mode ? 1 : 0 })),
    ),
    counter('tollgate_event_log_lost', 'Lines of the event log that were lost.', counts.eventsLost),
  ];
}
