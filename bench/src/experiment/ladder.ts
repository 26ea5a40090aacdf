// The quick ladder: which rungs there are, and which two of them each layer's toll lies between. Pure.
import type { ConnectionMode } from '../load/spec.ts';
import type { FirewallLevel } from '../lab/firewall.ts';
import { backendAlone, type Hop } from '../lab/subject/backend.ts';
import { type RequestLogLevel, tollgate } from '../lab/subject/tollgate.ts';
import type { CellPlan } from './cell.ts';

export interface LayerPlan {
  /** `hop…`, `tls…`, `request-log…`, `firewall…`. */
  readonly layer: string;
  readonly mode: ConnectionMode;
  readonly from: CellPlan;
  readonly to: CellPlan;
}

const plain: CellPlan = {
  name: 'app',
  firewall: 'none',
  journal: false,
  subject: (bench) => backendAlone(bench, { tls: false }),
};
const withTls: CellPlan = {
  name: 'app + TLS',
  firewall: 'none',
  journal: false,
  subject: (bench) => backendAlone(bench, { tls: true }),
};

const HOPS: Readonly<Record<Hop, string>> = {
  'in-process': 'front with the app inside',
  unix: 'front, app over unix',
  tcp: 'front, app over TCP',
};
const LOGS: Readonly<Record<RequestLogLevel, string>> = {
  off: '',
  file: ' + log to a file',
  journald: ' + log to journald',
};

function front(hop: Hop, requestLog: RequestLogLevel, firewall: FirewallLevel = 'none'): CellPlan {
  const name = HOPS[hop] + LOGS[requestLog] + (firewall === 'none' ? '' : ` + firewall ${firewall}`);
  return {
    name,
    firewall,
    journal: requestLog === 'journald',
    subject: (bench) => tollgate(bench, { name, hop, requestLog }),
  };
}

const filtered = (level: FirewallLevel, mode: ConnectionMode): LayerPlan => ({
  layer: `firewall: ${level}`,
  mode,
  from: front('tcp', 'file'),
  to: front('tcp', 'file', level),
});

/** What is measured first: the same thing against itself. Its cell does the least, so its noise weighs the most. */
export const NOISE: LayerPlan = {
  layer: 'noise floor (A/A)',
  mode: 'keepalive',
  from: front('in-process', 'off'),
  to: front('in-process', 'off'),
};

/** Every layer but the firewall stands without root; the journal needs a namespace too. */
export function quickLadder(isolated: boolean): readonly LayerPlan[] {
  const keepalive = 'keepalive';
  const anywhere: readonly LayerPlan[] = [
    { layer: 'tls: keep-alive', mode: keepalive, from: plain, to: withTls },
    { layer: 'tls: new connection', mode: 'new', from: plain, to: withTls },
    { layer: 'hop: front in process', mode: keepalive, from: withTls, to: front('in-process', 'off') },
    {
      layer: 'hop: unix socket',
      mode: keepalive,
      from: front('in-process', 'off'),
      to: front('unix', 'off'),
    },
    {
      layer: 'hop: loopback TCP',
      mode: keepalive,
      from: front('in-process', 'off'),
      to: front('tcp', 'off'),
    },
    { layer: 'request-log: file', mode: keepalive, from: front('tcp', 'off'), to: front('tcp', 'file') },
  ];
  if (!isolated) return anywhere;
  return [
    ...anywhere,
    {
      layer: 'request-log: journald',
      mode: keepalive,
      from: front('tcp', 'off'),
      to: front('tcp', 'journald'),
    },
    filtered('stateless', keepalive),
    filtered('stateful', keepalive),
    filtered('story', keepalive),
    filtered('notrack', keepalive),
    filtered('stateful', 'new'),
    filtered('notrack', 'new'),
  ];
}
