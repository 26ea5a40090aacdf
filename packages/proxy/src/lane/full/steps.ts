// The steps of a route's policy, one after the other, each when the one before has let the exchange go on.
import type { Step } from '../../policy/seam.ts';
import type { Exchange } from './exchange.ts';

/** `goOn` is called once, unless a step has answered or the client has left meanwhile. Never throws. */
export function takeSteps(exchange: Exchange, steps: readonly Step[], goOn: () => void): void {
  walk(exchange, steps, goOn).catch((error: unknown) => {
    exchange.context.eventLog.error({ err: error }, 'a step of the policy failed');
    exchange.fail('internal');
  });
}

async function walk(exchange: Exchange, steps: readonly Step[], goOn: () => void): Promise<void> {
  for (const step of steps) {
    const outcome = step(exchange);
    // Without a wait the target is asked in the same turn, as on a route without steps.
    if ((typeof outcome === 'string' ? outcome : await outcome) === 'answered') return;
    if (exchange.over || exchange.failure !== undefined) return;
  }
  goOn();
}
