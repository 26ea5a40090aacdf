// `tollgate reload`: the running process takes over the changed file, or says why it does not.
import type { Command } from 'commander';
import { askAdmin } from '../client/admin.ts';
import { type AdminOptions, findAdmin } from '../configuration/admin.ts';
import { CommandFailure, EXIT, type ExitCode } from '../exit.ts';
import { adminOption, configOption, jsonOption } from './options.ts';

const HELP = `
Waits for the outcome: exit 0 when the new configuration serves, 78 when it has mistakes (printed with their
places; what ran before goes on), 1 when it could not be applied or nothing is running.
No connection is lost. The same as kill -HUP, which only logs its outcome. What takes effect only after a restart
(workers, the address of admin) is named.

Examples:
  tollgate reload
  tollgate reload --admin 127.0.0.1:9901     when \`admin\` is what has been changed: where it listened before
  tollgate reload -c /etc/tollgate/tollgate.yaml
`;
/** Certificates and apps are loaded anew; a slow disk or app may take its time. */
const WITHIN_MS = 60_000;

interface ReloadOptions extends AdminOptions {
  readonly json?: boolean;
}

export function addReload(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('reload')
    .description('let the running process take over a changed configuration')
    .addOption(configOption())
    .addOption(adminOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (options: ReloadOptions) => finish(await reload(options)));
}

async function reload(options: ReloadOptions): Promise<ExitCode> {
  // Mistakes of the text are told here, even when nothing runs. The files that it names are for the process to judge,
  // which may read what whoever types this may not.
  const found = findAdmin(options);
  if (!found.ok) return tell(options, found.errors, EXIT.configuration);
  const question = { method: 'POST', path: '/reload', withinMs: WITHIN_MS } as const;
  const { status, body } = await askAdmin(found.place, question);
  if (status === 200) return tellReloaded(options, body);
  const { errors, reason } = refusalIn(body);
  if (errors.length === 0)
    throw new CommandFailure(`tollgate: reload was answered with ${status}: ${JSON.stringify(body)}`);
  return tell(options, errors, reason === 'configuration' ? EXIT.configuration : EXIT.failure);
}

function tellReloaded({ json }: ReloadOptions, body: unknown): ExitCode {
  const afterRestart = listIn(body, 'afterRestart');
  if (json === true) console.log(JSON.stringify({ ok: true, errors: [], afterRestart }));
  else
    console.log(
      ['reloaded', ...afterRestart.map((key) => `${key}: takes effect after a restart`)].join('\n'),
    );
  return EXIT.ok;
}

function tell({ json }: ReloadOptions, errors: readonly string[], code: ExitCode): ExitCode {
  if (json === true) console.log(JSON.stringify({ ok: false, errors }));
  else console.error([...errors, 'tollgate: not reloaded; what runs goes on'].join('\n'));
  return code;
}

function refusalIn(body: unknown): { errors: readonly string[]; reason: unknown } {
  const reason = typeof body === 'object' && body !== null && 'reason' in body ? body.reason : undefined;
  return { errors: listIn(body, 'errors'), reason };
}

function listIn(body: unknown, key: string): readonly string[] {
  const value: unknown = new Map(Object.entries(body ?? {})).get(key);
  return Array.isArray(value) ? value.map(String) : [];
}
