// The front of the soak, in a process of its own so that its memory is its own: serves the configuration that it is sent,
// reloads when told, and tells its resident memory and what it holds.
import type { Config } from '@tollgate/core';
import { createFront } from '../../src/front.ts';

export interface Holds {
  readonly rssBytes: number;
  readonly connections: number;
  readonly activeRequests: number;
  readonly tunnels: number;
  /** Sockets, timers and the like that keep the loop alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

export type Wish = { readonly serve: Config } | 'reload' | 'tell';
export type Told = { readonly httpsPort: number } | Holds;

const silent = (): void => undefined;
const tell = (told: Told): void => void process.send?.(told);

process.once('message', (wish: { serve: Config }) => void serve(wish.serve));
process.on('disconnect', () => process.exit());

async function serve(config: Config): Promise<void> {
  const front = createFront({
    config,
    requestLog: {
      enabled: true,
      counters: { written: 0, dropped: 0, shed: 0, failedWrites: 0 },
      configure: silent,
      write: silent,
    },
    eventLog: { info: silent, warn: silent, error: silent },
    inherited: new Map(),
    reusePort: false,
  });
  const bound = await front.listen();
  process.on('message', (wish: Wish) => {
    if (wish === 'reload') void front.reload(config);
    else if (wish === 'tell') tell(holds(front.status()));
  });
  tell({ httpsPort: bound.find(({ scheme }) => scheme === 'https')?.port ?? 0 });
}

function holds(status: Omit<Holds, 'rssBytes' | 'resources'>): Holds {
  globalThis.gc?.();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const { connections, activeRequests, tunnels } = status;
  return { rssBytes: process.memoryUsage().rss, connections, activeRequests, tunnels, resources };
}
