// The firewall layer's levels: none, one that remembers nothing, one that tracks, the cure as it was published, and Tollgate's own.

export type FirewallLevel = 'none' | 'stateless' | 'stateful' | 'story' | 'notrack';

export const WEB_PORTS = [80, 443, 8080, 8443] as const;

const WEB = `tcp dport { ${WEB_PORTS.join(', ')} }`;
const FROM_WEB = `tcp sport { ${WEB_PORTS.join(', ')} }`;
const CONTROL = `    meta l4proto { icmp, ipv6-icmp } accept`;

/** Accepts by port and flag alone: an established connection is any segment that does not open one. */
const STATELESS = table(`
  chain input {
    type filter hook input priority 0; policy drop;
    iif "lo" accept
    ${WEB} accept
    tcp flags & (syn | ack) != syn accept
${CONTROL}
  }`);

const FILTER = `
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iif "lo" accept
    ct state invalid drop
    ${WEB} accept
${CONTROL}
  }`;

/** What every guide prints: the connection table decides. */
const STATEFUL = table(FILTER);

/** The cure as its author published it: web and loopback traffic kept out of the table at both raw hooks. */
const STORY = table(`
  chain prerouting {
    type filter hook prerouting priority -300;
    iif "lo" notrack
    ${WEB} notrack
  }
  chain output {
    type filter hook output priority -300;
    oif "lo" notrack
    ${FROM_WEB} notrack
  }
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iif "lo" accept
    ${WEB} accept
${CONTROL}
  }`);

function table(body: string): string {
  return `table inet lab {${body}\n}\n`;
}

/** The text `nft -f -` loads; `null`: no ruleset at all. `own` is Tollgate's, rendered from a configuration. */
export const rulesetOf = (level: FirewallLevel, own: string): string | null =>
  ({ none: null, stateless: STATELESS, stateful: STATEFUL, story: STORY, notrack: own })[level];
