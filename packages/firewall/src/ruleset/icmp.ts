// ICMP and ICMPv6: the errors that path-MTU discovery lives on, the neighbours IPv6 lives on, and pings up to a limit (RFC 4890).
import type { Policy } from '../policy/policy.ts';
import type { Chain, Rule } from './types.ts';

/** Above this a ping is dropped: enough for monitoring, useless as a flood. */
const ECHO = { count: 10, per: 'second', burst: 20 } as const;

export function icmp4Chain(policy: Policy): Chain {
  return {
    name: 'icmp4',
    rules: [
      {
        kind: 'plain',
        why: 'Fragmentation needed is one of these: without it large answers vanish on a path with a smaller MTU.',
        match: [{ kind: 'icmp', types: ['destination-unreachable', 'time-exceeded', 'parameter-problem'] }],
        verdict: 'accept',
      },
      {
        kind: 'plain',
        match: [
          { kind: 'icmp', types: ['echo-request'] },
          { kind: 'at-most', ...ECHO },
        ],
        verdict: 'accept',
      },
      {
        kind: 'plain',
        match: [{ kind: 'icmp', types: ['echo-request'] }],
        verdict: 'drop',
        counter: 'echo-limited',
      },
      echoReply(policy, { kind: 'icmp', types: ['echo-reply'] }),
      rest,
    ],
  };
}

export function icmp6Chain(policy: Policy): Chain {
  return {
    name: 'icmp6',
    rules: [
      {
        kind: 'plain',
        why: 'Routers never fragment IPv6: packet-too-big is the only way to learn the path MTU.',
        match: [
          {
            kind: 'icmp6',
            types: ['destination-unreachable', 'packet-too-big', 'time-exceeded', 'parameter-problem'],
          },
        ],
        verdict: 'accept',
      },
      {
        kind: 'plain',
        why: 'Neighbours and routers; at hop limit 255 nobody beyond the link can have sent them.',
        match: [
          {
            kind: 'icmp6',
            types: ['nd-router-solicit', 'nd-router-advert', 'nd-neighbor-solicit', 'nd-neighbor-advert'],
          },
          { kind: 'hop-limit-255' },
        ],
        verdict: 'accept',
      },
      {
        kind: 'plain',
        why: 'Multicast listeners, from the link only: switches that snoop need the answers (RFC 4890 section 4.4.1).',
        match: [
          {
            kind: 'icmp6',
            types: ['mld-listener-query', 'mld-listener-report', 'mld-listener-done', 'mld2-listener-report'],
          },
          { kind: 'link-local-source' },
        ],
        verdict: 'accept',
      },
      {
        kind: 'plain',
        match: [
          { kind: 'icmp6', types: ['echo-request'] },
          { kind: 'at-most', ...ECHO },
        ],
        verdict: 'accept',
      },
      {
        kind: 'plain',
        match: [{ kind: 'icmp6', types: ['echo-request'] }],
        verdict: 'drop',
        counter: 'echo-limited',
      },
      echoReply(policy, { kind: 'icmp6', types: ['echo-reply'] }),
      rest,
    ],
  };
}

/** An answer to a ping of ours: known from the table, or without one let in up to the limit. */
function echoReply(policy: Policy, type: Extract<Rule, { kind: 'plain' }>['match'][number]): Rule {
  const answered =
    policy.connectionTracking === 'stateless'
      ? ({ kind: 'at-most', ...ECHO } as const)
      : ({ kind: 'tracked-as', state: 'established' } as const);
  return { kind: 'plain', match: [type, answered], verdict: 'accept' };
}

const rest: Rule = { kind: 'plain', match: [], verdict: 'drop', counter: 'dropped' };
