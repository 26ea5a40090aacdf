// The servers of upstreams, and what waited for them. Counters are a worker's own: it forgets them when it dies, and an
// upstream when its configuration changes; Prometheus takes either for the restart of a counter.
import type { FrontStatus } from '@tollgate/proxy';
import type { ServiceFigures } from '../figures/figures.ts';
import { counter, gauge, type Family, type Labels, type Sample } from './family.ts';

interface Seen {
  readonly worker: number;
  readonly front: Pick<FrontStatus, 'upstreams' | 'upstreamTotals'>;
}

type Server = FrontStatus['upstreams'][number];
type Totals = FrontStatus['upstreamTotals'][number];

export function upstreamFamilies({ processes }: Pick<ServiceFigures, 'processes'>): readonly Family[] {
  const seen = processes.flatMap(({ worker, figures }) =>
    figures === undefined ? [] : [{ worker, front: figures.report.front }],
  );
  return [...stateFamilies(seen), ...serverFamilies(seen), ...queueFamilies(seen)];
}

function stateFamilies(seen: readonly Seen[]): readonly Family[] {
  const now = (valueOf: (server: Server) => number): readonly Sample[] =>
    added(ofServers(seen, (server) => ({ labels: named(server), value: valueOf(server) })));
  return [
    gauge(
      'tollgate_upstream_server_up',
      'Upstreams, in all processes, that have the server in use.',
      now(({ state }) => (state === 'up' || state === 'trial' ? 1 : 0)),
    ),
    gauge(
      'tollgate_upstream_server_marked',
      'Upstreams, in all processes, that leave the server alone for now, for its failures.',
      now(({ marked }) => (marked ? 1 : 0)),
    ),
    gauge(
      'tollgate_upstream_server_failures',
      'Failures in a row of the upstream server, of all processes together.',
      now(({ fails }) => fails),
    ),
    gauge(
      'tollgate_upstream_server_active',
      'Requests and WebSockets under way at the upstream server.',
      now(({ active }) => active),
    ),
  ];
}

function serverFamilies(seen: readonly Seen[]): readonly Family[] {
  const total = (valueOf: (server: Server) => number, more: Labels = {}): Sample[] =>
    ofServers(seen, (server, worker) => ({
      labels: { ...named(server), ...more, worker },
      value: valueOf(server),
    }));
  return [
    counter(
      'tollgate_upstream_server_requests',
      'Requests and WebSockets that the upstream server was given.',
      added(total(({ requests }) => requests)),
    ),
    counter(
      'tollgate_upstream_server_failed',
      'Of these, those without a valid answer.',
      added(total(({ failures }) => failures)),
    ),
    counter(
      'tollgate_upstream_server_trips',
      'Times that the breaker took the upstream server out of use for its share of errors.',
      added(total(({ trips }) => trips)),
    ),
    counter(
      'tollgate_upstream_server_checks',
      'Health checks of the upstream server, by how they ended.',
      added([
        ...total(({ checks }) => checks?.passed ?? 0, { outcome: 'passed' }),
        ...total(({ checks }) => checks?.failed ?? 0, { outcome: 'failed' }),
      ]),
    ),
  ];
}

function queueFamilies(seen: readonly Seen[]): readonly Family[] {
  const of = (valueOf: (totals: Totals) => number, more: Labels = {}): Sample[] =>
    seen.flatMap(({ worker, front }) =>
      front.upstreamTotals.map((totals) => ({
        labels: { upstream: totals.servers.join(' '), ...more, worker },
        value: valueOf(totals),
      })),
    );
  return [
    gauge(
      'tollgate_upstream_waiting',
      'Requests that wait for a server of the upstream.',
      added(of(({ waiting }) => waiting)),
    ),
    counter(
      'tollgate_upstream_queue',
      'Requests that found every server of the upstream full: waited, or answered 503 (full, late).',
      added([
        ...of(({ waited }) => waited, { outcome: 'waited' }),
        ...of(({ queueFull }) => queueFull, { outcome: 'full' }),
        ...of(({ queueLate }) => queueLate, { outcome: 'late' }),
      ]),
    ),
    counter(
      'tollgate_upstream_retries',
      'Requests asked of another server, and those that were not because the budget was spent.',
      added([
        ...of(({ retries }) => retries, { outcome: 'asked' }),
        ...of(({ retriesDenied }) => retriesDenied, { outcome: 'denied' }),
      ]),
    ),
    counter(
      'tollgate_upstream_lookup_failures',
      'Look-ups of the names of the upstream that brought no address.',
      added(of(({ lookupsFailed }) => lookupsFailed)),
    ),
  ];
}

const ofServers = (seen: readonly Seen[], sampleOf: (server: Server, worker: number) => Sample): Sample[] =>
  seen.flatMap(({ worker, front }) => front.upstreams.map((server) => sampleOf(server, worker)));

const named = ({ server, address }: Server): Labels => (address === null ? { server } : { server, address });

/** A server may be of several upstreams; to Prometheus it is one. */
function added(samples: readonly Sample[]): readonly Sample[] {
  const sums = new Map<string, Sample>();
  for (const { labels, value } of samples) {
    const key = JSON.stringify(labels);
    sums.set(key, { labels, value: value + (sums.get(key)?.value ?? 0) });
  }
  return [...sums.values()];
}
