// The web ports: what is already open passes at the first question; only an attempt to open is counted and limited.
import type { Policy } from '../policy/policy.ts';
import type { Chain, NamedSet, Ports, Rule, Verdict } from './types.ts';

export function webSets(policy: Policy): readonly NamedSet[] {
  if (policy.webPorts.length === 0) return [];
  const sets: NamedSet[] = [];
  if (policy.webPorts.length > FEW_PORTS) {
    sets.push({ kind: 'ports', name: 'web', elements: policy.webPorts, why: 'Ports of the listeners.' });
  }
  if (policy.quicPorts.length > 0) {
    sets.push({ kind: 'ports', name: 'quic', elements: policy.quicPorts, why: 'Open by datagram too.' });
  }
  if (policy.connectionTracking === 'web-untracked') sets.push(...hereSets);
  if (policy.synPerSecond !== undefined) {
    sets.push({
      kind: 'sources',
      name: 'openers4',
      family: 4,
      why: 'Who opened web connections lately, by address.',
    });
    sets.push({
      kind: 'sources',
      name: 'openers6',
      family: 6,
      why: 'The same by /64, which is one customer.',
    });
  }
  return sets;
}

const hereSets: readonly NamedSet[] = [
  {
    kind: 'destinations',
    name: 'here4',
    family: 4,
    why: 'Addresses of this host, as the routing table said when asked; asked again after an hour.',
  },
  { kind: 'destinations', name: 'here6', family: 6, why: 'The same of IPv6.' },
];

/** So many ports are compared one by one: cheaper than a look into a set, for what is compared first (decisions/0802). */
const FEW_PORTS = 2;

/** A rule about the web ports; the higher first, which is https where there are two. */
export function forWebPorts(
  { webPorts }: Policy,
  side: 'source-port' | 'destination-port',
  rule: { readonly verdict: Verdict; readonly why?: string },
): readonly Rule[] {
  const questions: readonly Ports[] =
    webPorts.length > FEW_PORTS ? [{ set: 'web' }] : webPorts.toReversed().map((port) => ({ port }));
  return questions.map((ports, at) => ({
    kind: 'plain',
    match: [{ kind: side, protocol: 'tcp', ports }],
    verdict: rule.verdict,
    ...(at > 0 || rule.why === undefined ? {} : { why: rule.why }),
  }));
}

/** Untracked packets pass here all their lives: to count or limit openings costs each of them a look at its flags. */
export const countsWeb = (policy: Policy): boolean =>
  policy.webPorts.length > 0 &&
  (policy.connectionTracking !== 'web-untracked' || policy.synPerSecond !== undefined);

export function webRules(policy: Policy): readonly Rule[] {
  return forWebPorts(policy, 'destination-port', { verdict: countsWeb(policy) ? { goto: 'web' } : 'accept' });
}

export function webChain(policy: Policy): readonly Chain[] {
  if (!countsWeb(policy)) return [];
  const rules: Rule[] = [];
  // Stateful: the table has let these pass before; stateless: the first rule of all has.
  if (policy.connectionTracking === 'web-untracked') {
    rules.push({
      kind: 'plain',
      match: [{ kind: 'opens-connection', opens: false }],
      verdict: 'accept',
    });
  }
  if (policy.synPerSecond !== undefined) rules.push(...limitRules(policy.synPerSecond));
  rules.push({ kind: 'plain', match: [], verdict: 'accept', counter: 'web-connections' });
  return [{ name: 'web', rules }];
}

/** Conntrack's per-source counts need tracking, so the sources are remembered in a set; a full set limits nobody. */
function limitRules(perSecond: number): readonly Rule[] {
  const limit = (family: 4 | 6): Rule => ({
    kind: 'plain',
    match: [{ kind: 'source-exceeds', family, set: `openers${family}`, perSecond }],
    verdict: 'drop',
    counter: 'syn-limited',
  });
  return [limit(4), limit(6)];
}
