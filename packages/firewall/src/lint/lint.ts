// Judges any nft ruleset by walking packets through it: what would happen, not how it is written.
import { type Finding, finding } from './finding.ts';
import { array, type Json, type LoadedRuleset, object } from './loaded.ts';
import { datagram, icmp, type Packet, type State, tcpLater, tcpOpening } from './packet.ts';
import { type Outcome, walk } from './walk.ts';

export interface LintOptions {
  /** Ports the site serves; without them: those of 80, 443, 8080 and 8443 that are open. */
  readonly webPorts?: readonly number[];
  readonly sshPort?: number;
  /** The text as written: JSON does not show that it flushes. */
  readonly text?: string;
}

const USUAL_WEB_PORTS = [80, 443, 8080, 8443];

export function lint(ruleset: LoadedRuleset, options: LintOptions = {}): readonly Finding[] {
  const input = new Judge(ruleset);
  const web = options.webPorts ?? USUAL_WEB_PORTS.filter((port) => isMeantForWeb(ruleset, port));
  return [
    ...flushing(options.text ?? ''),
    ...loopback(input),
    ...icmpErrors(input, web),
    ...neighbours(input),
    ...tracking(input, web),
    ...outbound(input),
    ...sourcePortHoles(input),
    ...translation(input, web),
    ...otherTables(ruleset, web),
    ...ssh(input, options.sshPort ?? 22),
  ];
}

/** Some web port's connections take entries. */
export function tracksWeb(ruleset: LoadedRuleset, web: readonly number[]): boolean {
  const judge = new Judge(ruleset);
  return judge.tracks && web.some((port) => !judge.untracks(tcpLater(port)));
}

/** A stranger's attempt to open a connection to it passes every table. */
export const isOpenTo = (ruleset: LoadedRuleset, port: number): boolean => new Judge(ruleset).isOpen(port);

/** Some table lets it in or untracks it, whatever the others make of it. */
function isMeantForWeb(ruleset: LoadedRuleset, port: number): boolean {
  if (new Judge(ruleset).untracks(tcpLater(port))) return true;
  return tablesAlone(ruleset).some(({ judge }) => judge.isOpen(port));
}

/** Each table that filters what comes in, as if there were no other. */
function tablesAlone(ruleset: LoadedRuleset): readonly { readonly table: string; readonly judge: Judge }[] {
  return ruleset.tables
    .map((table) => ({ table, chains: ruleset.chains.filter((chain) => chain.table === table) }))
    .filter(({ chains }) => chains.some((chain) => chain.hook === 'input'))
    .map(({ table, chains }) => ({ table, judge: new Judge({ ...ruleset, chains }) }));
}

/** Questions that several checks ask. */
class Judge {
  readonly ruleset: LoadedRuleset;
  /** Some rule looks at connection state or translates, so the kernel tracks. */
  readonly tracks: boolean;

  constructor(ruleset: LoadedRuleset) {
    this.ruleset = ruleset;
    this.tracks = ruleset.chains.some(
      (chain) => chain.type === 'nat' || chain.rules.some((rule) => rule.statements.some(looksAtTracking)),
    );
  }

  input(packet: Packet): Outcome {
    return walk(this.ruleset, 'input', packet);
  }

  /** Untracked by prerouting, or by output when `leaving`. */
  untracks(packet: Packet, leaving = false): boolean {
    return walk(this.ruleset, leaving ? 'output' : 'prerouting', packet).untracked;
  }

  /** The state it has when it reaches input. */
  arrives(packet: Packet, tracked: State): Outcome {
    const state = !this.tracks || this.untracks(packet) ? 'untracked' : tracked;
    return this.input({ ...packet, state });
  }

  isOpen(port: number): boolean {
    return this.arrives(tcpOpening(port), 'new').verdict === 'accept';
  }
}

function looksAtTracking(statement: Json): boolean {
  if (statement === null || typeof statement !== 'object') return false;
  const list = array(statement);
  if (list !== undefined) return list.some(looksAtTracking);
  const entry = object(statement) ?? {};
  return 'ct' in entry || Object.values(entry).some(looksAtTracking);
}

function flushing(text: string): readonly Finding[] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /^\s*flush\s+ruleset\b/.test(line));
  return at === -1 ? [] : [finding('flush-ruleset', `line ${at + 1}`)];
}

function loopback(judge: Judge): readonly Finding[] {
  const packet = tcpOpening(3000, { interface: 'lo' });
  if (judge.arrives(packet, 'new').verdict === 'drop') return [finding('loopback-dropped', 'input')];
  return judge.tracks && !judge.untracks(packet, true) ? [finding('loopback-tracked', 'output')] : [];
}

/** About a tracked connection an ICMP error is related; about an untracked one it is invalid; without tracking it has no state. */
function icmpErrors(judge: Judge, web: readonly number[]): readonly Finding[] {
  const untracked = web.some((port) => judge.untracks(tcpLater(port)));
  const state: State = !judge.tracks ? 'untracked' : untracked ? 'invalid' : 'related';
  const errors = [
    ['path-mtu-black-hole', icmp(4, 'destination-unreachable')],
    ['path-mtu-black-hole-ipv6', icmp(6, 'packet-too-big')],
  ] as const;
  return errors.flatMap(([id, packet]) => {
    const outcome = judge.input({ ...packet, state });
    if (outcome.verdict === 'accept') return [];
    // As a new packet it would have passed, so an accept is there: it only stands too late.
    const acceptedLater = judge.input({ ...packet, state: 'new' }).verdict === 'accept';
    return [finding(acceptedLater ? 'error-meets-invalid-drop' : id, placeOf(outcome))];
  });
}

/** Neighbour discovery is never tracked (nf_conntrack_proto_icmpv6.c). */
function neighbours(judge: Judge): readonly Finding[] {
  const needed = ['nd-neighbor-solicit', 'nd-neighbor-advert', 'nd-router-advert'];
  const dropped = needed.filter(
    (type) => judge.input(icmp(6, type, { hopLimit: 255, state: 'untracked' })).verdict === 'drop',
  );
  return dropped.length === 0 ? [] : [finding('neighbours-dropped', dropped.join(', '))];
}

function tracking(judge: Judge, web: readonly number[]): readonly Finding[] {
  if (!judge.tracks) return [];
  const incoming = web.filter((port) => judge.untracks(tcpLater(port)));
  const outgoing = web.filter((port) => judge.untracks(tcpLater(51_234, { sourcePort: port }), true));
  const oneWay = web.filter((port) => incoming.includes(port) !== outgoing.includes(port));
  const tracked = web.filter((port) => !incoming.includes(port) && !outgoing.includes(port));
  const dropped = incoming.filter(
    (port) => judge.input(tcpLater(port, { state: 'untracked' })).verdict === 'drop',
  );
  return [
    ...about('notrack-one-way', oneWay),
    ...about('web-tracked', tracked),
    ...about('untracked-dropped', dropped),
  ];
}

const about = (id: Parameters<typeof finding>[0], ports: readonly number[]): readonly Finding[] =>
  ports.length === 0 ? [] : [finding(id, `tcp ${ports.join(', ')}`)];

/** A connection of ours to someone's https: what leaves untracked must be let back in, and that is a hole or an outage. */
function outbound(judge: Judge): readonly Finding[] {
  if (!judge.untracks(tcpOpening(443, { sourcePort: 51_234 }), true)) return [];
  const answer = tcpLater(51_234, { sourcePort: 443, flags: ['syn', 'ack'], state: 'untracked' });
  return judge.input(answer).verdict === 'drop' ? [finding('answers-dropped', 'tcp 443')] : [];
}

/** Closed to an ordinary sender, open to one with a source port that some rule names. */
function sourcePortHoles(judge: Judge): readonly Finding[] {
  const candidates = [...new Set([20, 53, 67, 80, 123, 443, ...sourcePortsIn(judge.ruleset)])];
  const holes = candidates.flatMap((sourcePort) =>
    [
      { protocol: 'tcp', packet: tcpOpening(9000, { sourcePort }), plain: tcpOpening(9000) },
      { protocol: 'udp', packet: datagram(161, { sourcePort }), plain: datagram(161) },
    ]
      .filter(({ packet, plain }) => judge.arrives(plain, 'new').verdict === 'drop' && opens(judge, packet))
      .map(({ protocol }) => `${protocol} from source port ${sourcePort}`),
  );
  return holes.length === 0 ? [] : [finding('source-port-hole', holes.join(', '))];
}

const opens = (judge: Judge, packet: Packet): boolean => judge.arrives(packet, 'new').verdict === 'accept';

function sourcePortsIn(ruleset: LoadedRuleset): readonly number[] {
  const text = JSON.stringify(ruleset.chains);
  const after = [...text.matchAll(/"field":"sport"\}\},"right":(\d+|\{"set":\[[^\]]*\]\})/g)];
  return after.flatMap((match) => (match[1] ?? '').match(/\d+/g) ?? []).map(Number);
}

function translation(judge: Judge, web: readonly number[]): readonly Finding[] {
  const translated = translatedPorts(judge.ruleset).filter((port) => judge.untracks(tcpLater(port)));
  const hidesOthers = judge.ruleset.chains.some(
    (chain) => chain.hook === 'postrouting' && chain.type === 'nat' && chain.rules.length > 0,
  );
  const routed = hidesOthers
    ? web.filter((port) => judge.untracks(tcpLater(port, { local: false, interface: 'docker0' })))
    : [];
  return [...about('nat-without-tracking', translated), ...about('routed-untracked', routed)];
}

/** Destination ports of rules that end in dnat or redirect. */
export function translatedPorts(ruleset: LoadedRuleset): readonly number[] {
  const rules = ruleset.chains.filter((chain) => chain.type === 'nat').flatMap((chain) => chain.rules);
  const translating = rules.filter((rule) =>
    rule.statements.some((statement) => 'dnat' in statement || 'redirect' in statement),
  );
  const ports = translating.flatMap((rule) =>
    [...JSON.stringify(rule.statements).matchAll(/"field":"dport"\}\},"right":(\d+|\{"set":\[[^\]]*\]\})/g)]
      .flatMap((match) => (match[1] ?? '').match(/\d+/g) ?? [])
      .map(Number),
  );
  return [...new Set(ports)];
}

function otherTables(ruleset: LoadedRuleset, web: readonly number[]): readonly Finding[] {
  const tables = tablesAlone(ruleset);
  return web.flatMap((port) => {
    const dropping = tables.filter(({ judge }) => !judge.isOpen(port)).map(({ table }) => table);
    if (dropping.length === 0 || dropping.length === tables.length) return [];
    return [finding('accept-is-not-final', `tcp ${port}: ${dropping.join(', ')} drops it`)];
  });
}

function ssh(judge: Judge, port: number): readonly Finding[] {
  const fromSomebody = judge.arrives(tcpOpening(port, { listed: true }), 'new');
  return fromSomebody.verdict === 'accept' ? [] : [finding('ssh-closed', `tcp ${port}`)];
}

function placeOf({ at }: Outcome): string {
  if (at === undefined) return 'input';
  return `${at.table} ${at.chain}, ${at.rule === 0 ? 'policy' : `rule ${at.rule}`}`;
}
