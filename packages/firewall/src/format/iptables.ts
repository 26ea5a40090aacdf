// The ruleset for hosts without nft: two files for iptables-restore and ip6tables-restore, in chains of its own.
import type { Chain, Match, Ports, Rule, Ruleset, Verdict } from '../ruleset/types.ts';

export interface IptablesFiles {
  readonly ipv4: string;
  readonly ipv6: string;
}

export function toIptables(ruleset: Ruleset, header: readonly string[] = []): IptablesFiles {
  return { ipv4: restoreFile(ruleset, 4, header), ipv6: restoreFile(ruleset, 6, header) };
}

type Family = 4 | 6;

/** Loaded with --noflush, declaring a chain empties it: the file may be applied again, and nobody else's chain is touched. */
function restoreFile(ruleset: Ruleset, family: Family, header: readonly string[]): string {
  const program = family === 4 ? 'iptables' : 'ip6tables';
  const hooked = ruleset.chains.filter((chain) => chain.hook !== undefined);
  const raw = tableLines('raw', rawChains(ruleset), ruleset, family);
  const filter = tableLines('filter', filterChains(ruleset), ruleset, family);
  return [
    ...header.map((line) => `# ${line}`),
    `# Load: ${program}-restore --noflush < FILE; then hook each chain once:`,
    ...hooked.map((chain) => `#   ${hookCommand(program, chain)}`),
    ...raw,
    ...filter,
    '',
  ].join('\n');
}

const isRaw = (chain: Chain): boolean => chain.raw === true || chain.hook?.priority === 'raw';
const rawChains = (ruleset: Ruleset): readonly Chain[] => ruleset.chains.filter(isRaw);
const filterChains = (ruleset: Ruleset): readonly Chain[] => ruleset.chains.filter((chain) => !isRaw(chain));

function hookCommand(program: string, chain: Chain): string {
  const builtIn = { prerouting: 'PREROUTING', output: 'OUTPUT', input: 'INPUT' }[chain.hook?.hook ?? 'input'];
  const rest = isRaw(chain) ? '-t raw ' : '';
  const jump = `${builtIn} -j ${chainName(chain.name)}`;
  return `${program} ${rest}-C ${jump} 2>/dev/null || ${program} ${rest}-I ${jump}`;
}

const chainName = (name: string): string => `TOLLGATE-${name.toUpperCase()}`;

function tableLines(
  table: string,
  chains: readonly Chain[],
  ruleset: Ruleset,
  family: Family,
): readonly string[] {
  if (chains.length === 0) return [];
  const own = chains.filter((chain) => !isOtherFamily(chain.name, family));
  return [
    `*${table}`,
    ...own.map((chain) => `:${chainName(chain.name)} - [0:0]`),
    ...own.flatMap((chain) => chainLines(chain, ruleset, family)),
    'COMMIT',
  ];
}

const isOtherFamily = (chain: string, family: Family): boolean =>
  chain === (family === 4 ? 'icmp6' : 'icmp4');

function chainLines(chain: Chain, ruleset: Ruleset, family: Family): readonly string[] {
  const name = chainName(chain.name);
  return chain.rules.flatMap((rule) => ruleLines(rule, name, ruleset, family));
}

function ruleLines(rule: Rule, chain: string, ruleset: Ruleset, family: Family): readonly string[] {
  const why = rule.why === undefined ? [] : [`# ${rule.why}`];
  const append = (words: readonly string[]): string =>
    ['-A', chain, ...words].join(' ').replace(/(-m (tcp|udp) --sport \S+) -m \2 /, '$1 ');
  if (rule.kind === 'by-state') {
    return [
      ...why,
      append(['-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT']),
      append(['-m conntrack --ctstate INVALID', '-g', chainName('invalid')]),
    ];
  }
  if (rule.kind === 'by-protocol') {
    const own = rule.goto.filter(([, target]) => !isOtherFamily(target, family));
    return [...why, ...own.map(([protocol, target]) => append([`-p ${protocol}`, '-g', chainName(target)]))];
  }
  if (rule.learns !== undefined && rule.learns.family !== family) return [];
  const alternatives = matchAlternatives(rule.match, ruleset, family);
  return alternatives.length === 0
    ? []
    : [...why, ...alternatives.map((words) => append([...protocolOnce(words), verdictText(rule.verdict)]))];
}

/** Each match brings the protocol it needs; the rule may name it once. */
function protocolOnce(words: readonly string[]): readonly string[] {
  const protocols = new Set(words.flatMap((word) => word.match(/^-p \S+/)?.[0] ?? []));
  return [...protocols, ...words.map((word) => word.replace(/^-p \S+ /, ''))];
}

/** iptables has one ICMP type a rule, so one rule here may be several there; none when it is of the other family. */
function matchAlternatives(
  matches: readonly Match[],
  ruleset: Ruleset,
  family: Family,
): readonly (readonly string[])[] {
  return matches.reduce<readonly (readonly string[])[]>(
    (alternatives, match) => {
      const words = matchWords(match, ruleset, family);
      return alternatives.flatMap((before) => words.map((word) => [...before, word]));
    },
    [[]],
  );
}

function matchWords(match: Match, ruleset: Ruleset, family: Family): readonly string[] {
  switch (match.kind) {
    case 'enters-by-loopback':
      return ['-i lo'];
    case 'leaves-by-loopback':
      return ['-o lo'];
    case 'source-port':
      return [`-p ${match.protocol} ${portWords('sport', match, ruleset)}`];
    case 'destination-port':
      return [`-p ${match.protocol} ${portWords('dport', match, ruleset)}`];
    case 'destination-ports-from':
      return [`-p ${match.protocol} -m ${match.protocol} --dport ${match.low}:65535`];
    case 'for-this-host':
      return ['-m addrtype --dst-type LOCAL'];
    case 'addressed-to':
      // Nothing is learned here: addrtype is asked each time.
      return [];
    case 'source-in':
      return match.family === family ? [`-s ${elementsOf(ruleset, match.set)}`] : [];
    case 'link-local-source':
      return family === 6 ? ['-s fe80::/10'] : [];
    case 'opens-connection':
      return [`-p tcp -m tcp ${match.opens ? '' : '! '}--tcp-flags SYN,ACK SYN`];
    case 'icmp':
      return family === 4 ? match.types.map((type) => `-p icmp -m icmp --icmp-type ${type}`) : [];
    case 'icmp6':
      return family === 6
        ? match.types.map((type) => `-p ipv6-icmp -m icmp6 --icmpv6-type ${ICMP6[type]}`)
        : [];
    case 'hop-limit-255':
      return ['-m hl --hl-eq 255'];
    case 'tracked-as':
      return ['-m conntrack --ctstate ESTABLISHED'];
    case 'answers-a-bound-socket':
      // -m socket matches sockets that are not bound to every address, unless told otherwise (xt_socket.c).
      return ['-m socket'];
    case 'at-most':
      return [`-m limit --limit ${match.count}/${match.per} --limit-burst ${match.burst}`];
    case 'source-exceeds':
      return match.family === family ? [hashLimit(family, match.perSecond)] : [];
  }
}

/** ip6tables knows the neighbour types by these names, and the MLD ones by number alone (RFC 2710, RFC 3810). */
const ICMP6: Readonly<Record<Extract<Match, { kind: 'icmp6' }>['types'][number], string>> = {
  'destination-unreachable': 'destination-unreachable',
  'packet-too-big': 'packet-too-big',
  'time-exceeded': 'time-exceeded',
  'parameter-problem': 'parameter-problem',
  'echo-request': 'echo-request',
  'echo-reply': 'echo-reply',
  'nd-router-solicit': 'router-solicitation',
  'nd-router-advert': 'router-advertisement',
  'nd-neighbor-solicit': 'neighbour-solicitation',
  'nd-neighbor-advert': 'neighbour-advertisement',
  'mld-listener-query': '130',
  'mld-listener-report': '131',
  'mld-listener-done': '132',
  'mld2-listener-report': '143',
};

function hashLimit(family: Family, perSecond: number): string {
  return [
    '-m hashlimit',
    `--hashlimit-above ${perSecond}/second --hashlimit-burst ${perSecond * 2}`,
    `--hashlimit-mode srcip --hashlimit-srcmask ${family === 4 ? 32 : 64}`,
    `--hashlimit-name tollgate${family} --hashlimit-htable-max 65536 --hashlimit-htable-expire 10000`,
  ].join(' ');
}

/** Lists need multiport, which cannot look at both ends in one rule; one port does not. */
function portWords(
  side: 'sport' | 'dport',
  { protocol, ports }: { readonly protocol: 'tcp' | 'udp'; readonly ports: Ports },
  ruleset: Ruleset,
): string {
  const list = portList(ports, ruleset);
  return list.includes(',') ? `-m multiport --${side}s ${list}` : `-m ${protocol} --${side} ${list}`;
}

function portList(ports: Ports, ruleset: Ruleset): string {
  if ('set' in ports) return elementsOf(ruleset, ports.set);
  return 'port' in ports ? String(ports.port) : ports.list.join(',');
}

function elementsOf(ruleset: Ruleset, name: string): string {
  const set = ruleset.sets.find((candidate) => candidate.name === name);
  return set !== undefined && 'elements' in set ? set.elements.join(',') : '';
}

function verdictText(verdict: Verdict): string {
  if (typeof verdict === 'object') return `-g ${chainName(verdict.goto)}`;
  switch (verdict) {
    case 'accept':
      return '-j ACCEPT';
    case 'drop':
      return '-j DROP';
    case 'untrack':
      return '-j CT --notrack';
    case 'log':
      return '-j LOG --log-prefix "tollgate drop: "';
  }
}
