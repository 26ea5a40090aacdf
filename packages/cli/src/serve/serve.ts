// From a configuration file to a running service: read it, build the service it asks for, live.
import { availableParallelism } from 'node:os';
import type { Config, ConfigFlags } from '@tollgate/core';
import { createEventLog, type OwnedEventLog } from '@tollgate/log';
import { loadConfiguration, type Loaded } from '../configuration/load.ts';
import { CommandFailure, EXIT, type ExitCode } from '../exit.ts';
import { Crew } from './crew/crew.ts';
import { dieLoudly } from './fault.ts';
import { Life } from './life.ts';
import type { Service } from './service.ts';
import { createSite } from './site.ts';
import { createNotifier } from './systemd/notify.ts';
import { takeInheritedSockets, type Environment } from './systemd/sockets.ts';
import { newTicketKeys } from './ticket-keys.ts';

export interface ServeRequest {
  readonly file: string;
  readonly flags: ConfigFlags;
  readonly env: Environment;
}

/** Resolves with the exit code when the service has ended. Throws a CommandFailure when it cannot start. */
export async function serve({ file, flags, env }: ServeRequest): Promise<ExitCode> {
  const load = (): Loaded => loadConfiguration({ file, env, flags });
  const loaded = load();
  if (!loaded.ok) throw new CommandFailure(loaded.errors.join('\n'), EXIT.configuration);
  const { config } = loaded;
  const events = createEventLog({ level: config.logLevel });
  for (const warning of loaded.warnings) events.log.warn(warning);
  try {
    const inherited = takeInheritedSockets(env, process.pid);
    const service = createService(config, events, inherited);
    const notifier = createNotifier(env, process.pid, events.log);
    dieLoudly(events, () => service.close());
    return await new Life({ service, config, events, notifier, inherited, load }).run();
  } catch (error) {
    throw new CommandFailure(`tollgate: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await events.close();
  }
}

function createService(
  config: Config,
  events: OwnedEventLog,
  inherited: ReadonlyMap<string, number>,
): Service {
  const size = config.workers === 'auto' ? availableParallelism() : config.workers;
  const ticketKeys = newTicketKeys();
  return size === 1
    ? createSite({ config, events, inherited, ticketKeys, worker: 0 })
    : new Crew({ config, size, log: events.log, inherited, ticketKeys });
}
