// The ruleset as nft text: its own table, replaced in one transaction, a comment at each rule that has a reason.
import type { Chain, Match, NamedSet, Ports, Rule, Ruleset, Verdict } from '../ruleset/types.ts';
import { COUNTERS } from '../ruleset/types.ts';

/** Many lines on purpose: nft 1.0.6 refuses nested blocks on one line. */
export function toNft(ruleset: Ruleset, header: readonly string[] = []): string {
  const { table } = ruleset;
  const lines = [
    ...header.map((line) => `# ${line}`),
    '# Named, deleted and made again in one transaction: no packet meets half of it, and no other table is touched.',
    `table inet ${table}`,
    `delete table inet ${table}`,
    '',
    `table inet ${table} {`,
    ...indent(blocks(ruleset)),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

const indent = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line === '' ? '' : `\t${line}`));

function blocks(ruleset: Ruleset): readonly string[] {
  const counters = ruleset.counters.flatMap((name) => [`# ${COUNTERS[name]}`, `counter ${name} {`, '}']);
  const parts = [counters, ...ruleset.sets.map(setBlock), ...ruleset.chains.map(chainBlock)];
  return parts.flatMap((part, at) => (at === 0 ? part : ['', ...part]));
}

function setBlock(set: NamedSet): readonly string[] {
  return [`# ${set.why}`, `set ${set.name} {`, ...indent(setBody(set)), '}'];
}

function setBody(set: NamedSet): readonly string[] {
  switch (set.kind) {
    case 'ports':
      return ['type inet_service', `elements = { ${set.elements.join(', ')} }`];
    case 'ranges':
      return [
        `type ipv${set.family}_addr`,
        'flags interval',
        'auto-merge',
        `elements = { ${set.elements.join(', ')} }`,
      ];
    case 'sources':
      return [`type ipv${set.family}_addr`, 'size 65536', 'flags dynamic,timeout', 'timeout 10s'];
    case 'destinations':
      return [`type ipv${set.family}_addr`, 'size 1024', 'flags dynamic,timeout', 'timeout 1h'];
  }
}

function chainBlock(chain: Chain): readonly string[] {
  const hook =
    chain.hook === undefined
      ? []
      : [`type filter hook ${chain.hook.hook} priority ${chain.hook.priority}; policy ${chain.hook.policy};`];
  return [`chain ${chain.name} {`, ...indent([...hook, ...chain.rules.flatMap(ruleLines)]), '}'];
}

function ruleLines(rule: Rule): readonly string[] {
  return [...(rule.why === undefined ? [] : [`# ${rule.why}`]), ruleText(rule)];
}

function ruleText(rule: Rule): string {
  switch (rule.kind) {
    case 'by-state':
      return 'ct state vmap { established : accept, related : accept, invalid : goto invalid }';
    case 'by-protocol':
      return `meta l4proto vmap { ${rule.goto.map(([protocol, chain]) => `${protocol} : goto ${chain}`).join(', ')} }`;
    case 'plain': {
      const counter = rule.counter === undefined ? [] : [`counter name ${rule.counter}`];
      const verdict = rule.learns === undefined ? verdictText(rule.verdict) : learningText(rule.learns);
      return [...rule.match.map(matchText), ...counter, verdict].join(' ');
    }
  }
}

/** Untracked first: a set that is full ends the rule where it stands. */
const learningText = ({ family, set }: { readonly family: 4 | 6; readonly set: string }): string =>
  `notrack add @${set} { ${family === 4 ? 'ip' : 'ip6'} daddr } accept`;

function matchText(match: Match): string {
  switch (match.kind) {
    case 'enters-by-loopback':
      return 'iif lo';
    case 'leaves-by-loopback':
      return 'oif lo';
    case 'source-port':
      return `${match.protocol} sport ${portsText(match.ports)}`;
    case 'destination-port':
      return `${match.protocol} dport ${portsText(match.ports)}`;
    case 'destination-ports-from':
      return `${match.protocol} dport >= ${match.low}`;
    case 'for-this-host':
      return 'fib daddr type local';
    case 'addressed-to':
      return `${match.family === 4 ? 'ip' : 'ip6'} daddr @${match.set}`;
    case 'source-in':
      return `${match.family === 4 ? 'ip' : 'ip6'} saddr @${match.set}`;
    case 'link-local-source':
      return 'ip6 saddr fe80::/10';
    case 'opens-connection':
      return `tcp flags & (syn | ack) ${match.opens ? '==' : '!='} syn`;
    case 'icmp':
      return `icmp type ${oneOrMore(match.types)}`;
    case 'icmp6':
      return `icmpv6 type ${oneOrMore(match.types)}`;
    case 'hop-limit-255':
      return 'ip6 hoplimit 255';
    case 'tracked-as':
      return `ct state ${match.state}`;
    case 'answers-a-bound-socket':
      return 'socket wildcard 0';
    case 'at-most':
      return `limit rate ${match.count}/${match.per} burst ${match.burst} packets`;
    case 'source-exceeds':
      return sourceExceeds(match);
  }
}

/** Twice the rate may come at once: a browser opens six connections in one moment. */
function sourceExceeds({ family, set, perSecond }: Extract<Match, { kind: 'source-exceeds' }>): string {
  const key = family === 4 ? 'ip saddr' : 'ip6 saddr & ffff:ffff:ffff:ffff::';
  return `update @${set} { ${key} limit rate over ${perSecond}/second burst ${perSecond * 2} packets }`;
}

function portsText(ports: Ports): string {
  if ('set' in ports) return `@${ports.set}`;
  if ('port' in ports) return String(ports.port);
  return oneOrMore(ports.list.map(String));
}

const oneOrMore = (words: readonly string[]): string =>
  words.length === 1 ? (words[0] ?? '') : `{ ${words.join(', ')} }`;

function verdictText(verdict: Verdict): string {
  if (typeof verdict === 'object') return `goto ${verdict.goto}`;
  switch (verdict) {
    case 'untrack':
      return 'notrack accept';
    case 'log':
      return 'log prefix "tollgate drop: "';
    case 'accept':
    case 'drop':
      return verdict;
  }
}
