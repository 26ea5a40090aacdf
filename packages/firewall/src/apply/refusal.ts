// Why an apply is refused before anything is touched, in words for the person who typed it.
import { spawnSync } from 'node:child_process';
import { runNft, searchPath } from '../kernel/nft.ts';
import { parseLoaded } from '../lint/loaded.ts';
import { translatedPorts } from '../lint/lint.ts';
import type { Policy } from '../policy/policy.ts';
import { keepsSession, type SshSession } from './session.ts';

export function refusalsFor(policy: Policy, session: SshSession | undefined): readonly string[] {
  return [...cutsSession(policy, session), ...untracksTranslated(policy, livePublishedPorts())];
}

function cutsSession(policy: Policy, session: SshSession | undefined): readonly string[] {
  if (session === undefined || keepsSession(policy, session)) return [];
  const { clientAddress, serverPort } = session;
  return [
    `this ssh session (from ${clientAddress} to port ${serverPort}) would be cut: ` +
      `set firewall.ssh to { port: ${serverPort}, from: [${clientAddress}] } or wider`,
  ];
}

/** NAT needs the table: an untracked published port refuses every connection. */
function untracksTranslated(policy: Policy, published: readonly number[]): readonly string[] {
  if (policy.connectionTracking !== 'web-untracked') return [];
  const both = policy.webPorts.filter((port) => published.includes(port));
  return both.map(
    (port) =>
      `port ${port} is published by a container (it is translated), and translation needs tracking: ` +
      'listen on another port, stop publishing it, or set connectionTracking: stateful',
  );
}

/** From native rules, and from those that iptables made, which JSON shows without their ports. */
function livePublishedPorts(): readonly number[] {
  const live = runNft(['-j', 'list', 'ruleset']);
  const native = live.ok ? translatedPorts(parseLoaded(live.output)) : [];
  return [...native, ...['iptables-save', 'ip6tables-save', 'iptables-legacy-save'].flatMap(savedPorts)];
}

function savedPorts(program: string): readonly number[] {
  const { stdout } = spawnSync(program, ['-t', 'nat'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: searchPath() },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const rules = (stdout ?? '').split('\n').filter((line) => /-j (DNAT|REDIRECT)\b/.test(line));
  return rules.flatMap((line) => /--dport (\d+)/.exec(line)?.[1] ?? []).map(Number);
}
