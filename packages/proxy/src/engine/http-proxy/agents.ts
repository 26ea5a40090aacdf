// The agents of the servers of one upstream, each made when its server is first asked.
import type { UpstreamMember } from '../../upstream/member.ts';
import { HopAgent, type AgentLimits } from './agent.ts';

export class HopAgents {
  readonly #limits: AgentLimits;
  readonly #agents = new Map<UpstreamMember, HopAgent>();

  constructor(limits: AgentLimits) {
    this.#limits = limits;
  }

  of(member: UpstreamMember): HopAgent {
    const known = this.#agents.get(member);
    if (known !== undefined) return known;
    // A member new to us: those without sockets are addresses that a name has no more, or will be back.
    for (const [former, { isEmpty }] of this.#agents) if (isEmpty) this.#agents.delete(former);
    const agent = new HopAgent(member.endpoint, this.#limits);
    this.#agents.set(member, agent);
    return agent;
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }
}
