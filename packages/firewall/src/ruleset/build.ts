// Policy to ruleset. The order is the price: what most packets need is asked first, and of nothing more than once.
import type { Policy } from '../policy/policy.ts';
import { icmp4Chain, icmp6Chain } from './icmp.ts';
import { dhcpRules, portRules, portSets } from './ports.ts';
import type { Chain, Rule, Ruleset } from './types.ts';
import { COUNTER_NAMES, type CounterName } from './types.ts';
import { countsWeb, forWebPorts, webChain, webRules, webSets } from './web.ts';

export function buildRuleset(policy: Policy): Ruleset {
  const chains = [...untrackChains(policy), inputChain(policy), ...webChain(policy)];
  return {
    table: 'tollgate',
    counters: countersOf(policy),
    sets: [...webSets(policy), ...portSets(policy)],
    chains: [...chains, icmp4Chain(policy), icmp6Chain(policy), ...invalidChain(policy)],
  };
}

function countersOf(policy: Policy): readonly CounterName[] {
  const web = policy.webPorts.length > 0;
  const used: Readonly<Record<CounterName, boolean>> = {
    'web-connections': countsWeb(policy),
    'syn-limited': web && policy.synPerSecond !== undefined,
    'echo-limited': true,
    invalid: policy.connectionTracking !== 'stateless',
    dropped: true,
  };
  return COUNTER_NAMES.filter((name) => used[name]);
}

function untrackChains(policy: Policy): readonly Chain[] {
  switch (policy.connectionTracking) {
    case 'stateless':
      return [];
    case 'stateful':
      return [untrackOut()];
    case 'web-untracked':
      return policy.webPorts.length === 0 ? [untrackOut()] : [...untrackIn(policy), untrackOut(policy)];
  }
}

/** Not what is routed through this host: that may need translation. Asking the routing table costs more than all else here, so its answers are kept. */
function untrackIn(policy: Policy): readonly Chain[] {
  const known = (family: 4 | 6): Rule => ({
    kind: 'plain',
    match: [{ kind: 'addressed-to', family, set: `here${family}` }],
    verdict: 'untrack',
  });
  const asked = (family: 4 | 6): Rule => ({
    kind: 'plain',
    match: [{ kind: 'for-this-host' }],
    learns: { family, set: `here${family}` },
    verdict: 'untrack',
  });
  const gate = forWebPorts(policy, 'destination-port', {
    why: 'What comes for a web port of this host takes no entry in the connection table.',
    verdict: { goto: 'untrack-web' },
  });
  return [
    { name: 'untrack-in', hook: { hook: 'prerouting', priority: 'raw', policy: 'accept' }, rules: gate },
    { name: 'untrack-web', raw: true, rules: [known(4), known(6), asked(4), asked(6)] },
  ];
}

/** Both directions, or the answers would enter the connection again by loose pickup (nf_conntrack_proto_tcp.c). */
function untrackOut(web?: Policy): Chain {
  const loopback: Rule = {
    kind: 'plain',
    why: 'Loopback is never tracked. It arrives as it left, so no rule is needed where it comes in.',
    match: [{ kind: 'leaves-by-loopback' }],
    verdict: 'untrack',
  };
  const why = 'The answers too: else the first of them would enter the connection in the table after all.';
  const answers = web === undefined ? [] : forWebPorts(web, 'source-port', { why, verdict: 'untrack' });
  return {
    name: 'untrack-out',
    hook: { hook: 'output', priority: 'raw', policy: 'accept' },
    rules: [loopback, ...answers],
  };
}

const TO_ICMP: Rule = {
  kind: 'by-protocol',
  why: 'ICMP before the connection states: an error about an untracked connection counts as invalid, and a flood of pings as established.',
  goto: [
    ['icmp', 'icmp4'],
    ['ipv6-icmp', 'icmp6'],
  ],
};

function inputChain(policy: Policy): Chain {
  const loopback: Rule = {
    kind: 'plain',
    why: 'This machine talking to itself.',
    match: [{ kind: 'enters-by-loopback' }],
    verdict: 'accept',
  };
  const rest = [...portRules(policy), ...(policy.dhcp ? dhcpRules() : []), ...lastRules()];
  return {
    name: 'input',
    hook: { hook: 'input', priority: 'filter', policy: 'drop' },
    rules: [loopback, ...trafficRules(policy), ...rest],
  };
}

function trafficRules(policy: Policy): readonly Rule[] {
  const web = webRules(policy);
  const byState: Rule = { kind: 'by-state' };
  switch (policy.connectionTracking) {
    case 'web-untracked':
      return [...web, TO_ICMP, byState];
    case 'stateful':
      return [TO_ICMP, byState, ...web];
    case 'stateless':
      return [laterInLife(), ...web, TO_ICMP, ...datagramAnswers()];
  }
}

function invalidChain(policy: Policy): readonly Chain[] {
  if (policy.connectionTracking === 'stateless') return [];
  return [{ name: 'invalid', rules: [{ kind: 'plain', match: [], verdict: 'drop', counter: 'invalid' }] }];
}

function laterInLife(): Rule {
  return {
    kind: 'plain',
    why: 'Without tracking, what does not open a connection is left to TCP itself: it resets what it does not know.',
    match: [{ kind: 'opens-connection', opens: false }],
    verdict: 'accept',
  };
}

/** Names and time: all that a web server asks by datagram. Over 32768 is where the kernel takes its ports from. */
const ASKED_BY_DATAGRAM = [53, 123];
const EPHEMERAL_LOW = 32_768;

function datagramAnswers(): readonly Rule[] {
  return [
    {
      kind: 'plain',
      why: 'Answers to what this host asked by datagram (names, time): only to a socket bound to the exact address, as one that asked is.',
      match: [
        { kind: 'source-port', protocol: 'udp', ports: { list: ASKED_BY_DATAGRAM } },
        { kind: 'destination-ports-from', protocol: 'udp', low: EPHEMERAL_LOW },
        { kind: 'answers-a-bound-socket' },
      ],
      verdict: 'accept',
    },
  ];
}

function lastRules(): readonly Rule[] {
  return [
    {
      kind: 'plain',
      why: 'A few lines a minute say what is knocking; the counter has all of it.',
      match: [{ kind: 'at-most', count: 5, per: 'minute', burst: 5 }],
      verdict: 'log',
    },
    { kind: 'plain', match: [], verdict: 'drop', counter: 'dropped' },
  ];
}
