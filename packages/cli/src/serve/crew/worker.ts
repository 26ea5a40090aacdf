// A worker process: does what the supervisor orders, and nothing on its own. Signals are the supervisor's business:
// Ctrl-C and systemd send them to every process of the group.
import type { BoundAddress } from '@tollgate/proxy';
import { createEventLog, type OwnedEventLog } from '@tollgate/log';
import { dieLoudly } from '../fault.ts';
import { createSite, type Site } from '../site.ts';
import { FIRST_SOCKET_FD, type Answer, type NumberedOrder, type Order } from './orders.ts';

type StartOrder = Extract<Order, { kind: 'start' }>;
type Result = Omit<Extract<Answer, { ok: true }>, 'number' | 'ok'>;

/** Resolves when the worker is done; the caller then exits. */
export function runWorker(): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {});
  const crewman = new Crewman();
  return new Promise((resolve) => {
    const obey = async (message: NumberedOrder): Promise<void> => {
      const answer = await crewman.obey(message);
      // Nobody to tell once the supervisor is gone.
      if (process.connected) process.send?.(answer);
      if (message.order.kind === 'close') resolve();
    };
    process.on('message', (message: NumberedOrder) => void obey(message));
    // The supervisor died: what is under way may end, nobody would replace us.
    process.on('disconnect', () => void crewman.retire().finally(resolve));
  });
}

class Crewman {
  #site: Site | undefined;
  #events: OwnedEventLog | undefined;

  async obey({ number, order }: NumberedOrder): Promise<Answer> {
    try {
      return { number, ok: true, ...(await this.#do(order)) };
    } catch (error) {
      return { number, ok: false, message: error instanceof Error ? error.message : String(error) };
    }
  }

  async retire(): Promise<void> {
    await this.#site?.drain();
    await this.#close();
  }

  async #do(order: Order): Promise<Result> {
    if (order.kind === 'start') return { bound: await this.#start(order) };
    const site = this.#site;
    if (order.kind === 'close') await this.#close();
    else if (site === undefined) throw new Error(`expected the order to start first, got ${order.kind}`);
    else if (order.kind === 'report') return { report: site.report() };
    else if (order.kind === 'certificates') return { unusable: await site.loadCertificates() };
    else if (order.kind === 'purge') return { purged: await site.purge(order.purge) };
    else if (order.kind === 'figures') return { figures: site.ownFigures() };
    else if (order.kind === 'reload') await site.reload(order.config);
    else if (order.kind === 'request-log-mode') await site.setRequestLogMode(order.mode);
    else if (order.kind === 'sample-layers') await site.sampleLayers(order.on);
    else if (order.kind === 'ticket-keys') await site.setTicketKeys(Buffer.from(order.keys));
    else if (order.kind === 'challenges') await site.setChallenges(order.challenges);
    else if (order.kind === 'reopen') await site.reopen();
    else await site.drain();
    return {};
  }

  async #start({ config, sockets, ticketKeys, worker }: StartOrder): Promise<readonly BoundAddress[]> {
    this.#events = createEventLog({ level: config.logLevel, bindings: { worker } });
    dieLoudly(this.#events, async () => this.#site?.close());
    this.#site = createSite({
      config,
      events: this.#events,
      inherited: new Map(sockets.map((name, index) => [name, FIRST_SOCKET_FD + index])),
      ticketKeys: Buffer.from(ticketKeys),
      worker,
    });
    return this.#site.start();
  }

  async #close(): Promise<void> {
    await this.#site?.close();
    await this.#events?.close();
  }
}
