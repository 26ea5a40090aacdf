// The quick ladder: which rungs stand beside each other, and which two of them each layer's toll lies between. Pure.
import type { ConnectionMode } from '../load/spec.ts';
import type { FirewallLevel } from '../lab/firewall.ts';
import { backendAlone, type Hop } from '../lab/subject/backend.ts';
import { type RequestLogLevel, tollgate } from '../lab/subject/tollgate.ts';
import type { CellPlan } from './cell.ts';
import { UsageError } from './usage-error.ts';

export interface LayerPlan {
  /** `hop…`, `tls…`, `request-log…`, `firewall…`. */
  readonly layer: string;
  readonly mode: ConnectionMode;
  /** Names of rungs of the same flight. */
  readonly from: string;
  readonly to: string;
}

/** Rungs that are up at once: few enough for a small server's memory. */
export interface Flight {
  readonly name: string;
  readonly rungs: readonly CellPlan[];
  readonly layers: readonly LayerPlan[];
}

const backend = (name: string, tls: boolean): CellPlan => ({
  name,
  firewall: 'none',
  journal: false,
  subject: (bench) => backendAlone(bench, { tls }),
});

const HOPS: Readonly<Record<Hop, string>> = {
  'in-process': 'front with the app inside',
  unix: 'front, app over unix',
  tcp: 'front, app over TCP',
};
function front(hop: Hop): CellPlan {
  const name = HOPS[hop];
  const subject: CellPlan['subject'] = (bench) => tollgate(bench, { name, hop, requestLog: 'off' });
  return { name, firewall: 'none', journal: false, subject };
}

const LOGS: Readonly<Record<RequestLogLevel, string>> = {
  off: '',
  file: ' + log to a file',
  journald: ' + log to journald',
};

/**
 * The leanest thing that serves, for layers whose toll does not depend on what they stand beside: a few microseconds are
 * seen beside thirty, and not beside a hundred and thirty.
 */
function lean(requestLog: RequestLogLevel, firewall: FirewallLevel): CellPlan {
  const name = `lean front${LOGS[requestLog]}${firewall === 'none' ? '' : ` + firewall ${firewall}`}`;
  return {
    name,
    firewall,
    journal: requestLog === 'journald',
    subject: (bench) => tollgate(bench, { name, hop: 'respond', plain: true, requestLog }),
  };
}

const app = backend('app', false);
const appTls = backend('app + TLS', true);
const inside = front('in-process');
/** The same as `inside`, once more: what two readings of one thing may differ by. */
const again: CellPlan = { ...inside, name: 'front with the app inside, again' };
const unix = front('unix');
const tcp = front('tcp');
const bare = lean('off', 'none');
const toFile = lean('file', 'none');
const toJournal = lean('journald', 'none');

/** Not a layer: the noise floor that the layers are held against. */
export const NOISE: LayerPlan = { layer: 'A/A', mode: 'keepalive', from: inside.name, to: again.name };

const step = (layer: string, mode: ConnectionMode, from: CellPlan, to: CellPlan): LayerPlan => ({
  layer,
  mode,
  from: from.name,
  to: to.name,
});

const HOP_FLIGHT: Flight = {
  name: 'TLS and hop',
  rungs: [inside, again, app, appTls, unix, tcp],
  layers: [
    step('tls: keep-alive', 'keepalive', app, appTls),
    step('tls: new connection', 'new', app, appTls),
    step('hop: front in process', 'keepalive', appTls, inside),
    step('hop: unix socket', 'keepalive', inside, unix),
    step('hop: loopback TCP', 'keepalive', inside, tcp),
  ],
};

const FILTERS = (['stateless', 'stateful', 'story', 'notrack'] as const).map((level) => ({
  level,
  rung: lean('off', level),
}));

const LEAN_FLIGHT: Flight = {
  name: 'request log and firewall',
  rungs: [bare, toFile, toJournal, ...FILTERS.map(({ rung }) => rung)],
  layers: [
    step('request-log: file', 'keepalive', bare, toFile),
    step('request-log: journald', 'keepalive', bare, toJournal),
    ...FILTERS.map(({ level, rung }) => step(`firewall: ${level}`, 'keepalive', bare, rung)),
    ...FILTERS.filter(({ level }) => level === 'stateful' || level === 'notrack').map(({ level, rung }) =>
      step(`firewall: ${level}, new connection`, 'new', bare, rung),
    ),
  ],
};

/** Without root there are no namespaces, and so neither a firewall nor a journal to measure. */
export function quickLadder(isolated: boolean, words: readonly string[] = []): readonly Flight[] {
  if (isolated) return chosen([HOP_FLIGHT, LEAN_FLIGHT], words);
  const toFileOnly = LEAN_FLIGHT.layers.filter(({ to }) => to === toFile.name);
  return chosen([HOP_FLIGHT, { ...LEAN_FLIGHT, layers: toFileOnly }], words);
}

/** Layers whose name holds one of the words, and the rungs they need; the noise floor needs its two in any case. */
function chosen(flights: readonly Flight[], words: readonly string[]): readonly Flight[] {
  assertNamed(words);
  const isChosen = ({ layer }: LayerPlan): boolean =>
    words.length === 0 || words.some((word) => layer.includes(word));
  return flights
    .map((flight) => {
      const layers = flight.layers.filter(isChosen);
      const noise = flight === HOP_FLIGHT ? [NOISE] : [];
      const needed = new Set([...layers, ...noise].flatMap(({ from, to }) => [from, to]));
      return { ...flight, layers, rungs: flight.rungs.filter(({ name }) => needed.has(name)) };
    })
    .filter(({ rungs }) => rungs.length > 0);
}

function assertNamed(words: readonly string[]): void {
  const names = [HOP_FLIGHT, LEAN_FLIGHT].flatMap(({ layers }) => layers.map(({ layer }) => layer));
  const strange = words.filter((word) => !names.some((name) => name.includes(word)));
  if (strange.length > 0)
    throw new UsageError(
      `--only: expected words of a layer (${names.join('; ')}), got ${strange.join(', ')}`,
    );
}
