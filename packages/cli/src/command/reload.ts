// `tollgate reload`: the running process takes over the changed file, or says why it does not.
import type { Command } from 'commander';
import { askAdmin } from '../client/admin.ts';
import { findConfig } from '../configuration/find.ts';
import { loadConfiguration } from '../configuration/load.ts';
import { CommandFailure, EXIT, type ExitCode } from '../exit.ts';
import { configOption, jsonOption } from './options.ts';

const HELP = `
Waits for the outcome: exit 0 when the new configuration serves, 78 when it has mistakes (printed with their
places; what ran before goes on), 1 when it could not be applied or nothing is running.
No connection is lost. The same as kill -HUP, which only logs its outcome.

Examples:
  tollgate reload
  tollgate reload -c /etc/tollgate/tollgate.yaml
`;
/** Certificates and apps are loaded anew; a slow disk or app may take its time. */
const WITHIN_MS = 60_000;

interface ReloadOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export function addReload(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('reload')
    .description('let the running process take over a changed configuration')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (options: ReloadOptions) => finish(await reload(options)));
}

async function reload(options: ReloadOptions): Promise<ExitCode> {
  const file = findConfig({ flag: options.config, env: process.env });
  // Mistakes are told here, even when nothing runs; the admin address comes from the same file.
  const loaded = loadConfiguration({ file, env: process.env });
  if (!loaded.ok) return tell(options, loaded.errors, EXIT.configuration);
  const { status, body } = await askAdmin(loaded.config.admin, file, {
    method: 'POST',
    path: '/reload',
    withinMs: WITHIN_MS,
  });
  if (status === 200) return tell(options, [], EXIT.ok);
  const { errors, reason } = refusalIn(body);
  if (errors.length === 0)
    throw new CommandFailure(`tollgate: reload was answered with ${status}: ${JSON.stringify(body)}`);
  return tell(options, errors, reason === 'configuration' ? EXIT.configuration : EXIT.failure);
}

function tell({ json }: ReloadOptions, errors: readonly string[], code: ExitCode): ExitCode {
  if (json === true) console.log(JSON.stringify({ ok: code === EXIT.ok, errors }));
  else if (code === EXIT.ok) console.log('reloaded');
  else console.error([...errors, 'tollgate: not reloaded; what runs goes on'].join('\n'));
  return code;
}

function refusalIn(body: unknown): { errors: readonly string[]; reason: unknown } {
  if (typeof body !== 'object' || body === null || !('errors' in body))
    return { errors: [], reason: undefined };
  const errors = Array.isArray(body.errors) ? body.errors.map(String) : [];
  return { errors, reason: 'reason' in body ? body.reason : undefined };
}
