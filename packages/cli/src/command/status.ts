// `tollgate status`: what the running process says of itself.
import type { Command } from 'commander';
import { askAdmin } from '../client/admin.ts';
import { type AdminOptions, findAdmin } from '../configuration/admin.ts';
import { CommandFailure, EXIT, type ExitCode } from '../exit.ts';
import type { Status } from '../serve/status.ts';
import { adminOption, configOption, jsonOption } from './options.ts';
import { statusText } from './status-text.ts';

const HELP = `
Exit 0 when it serves, 1 when it is draining or nobody answers at the admin address.

Examples:
  tollgate status
  tollgate status --json | jq '.processes[].report.requestLog'
`;
const WITHIN_MS = 5000;

interface StatusOptions extends AdminOptions {
  readonly json?: boolean;
}

export function addStatus(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('status')
    .description('say what the running process is doing')
    .addOption(configOption())
    .addOption(adminOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (options: StatusOptions) => finish(await status(options)));
}

async function status(options: StatusOptions): Promise<ExitCode> {
  const found = findAdmin(options);
  if (!found.ok) throw new CommandFailure(found.errors.join('\n'), EXIT.configuration);
  const answer = await askAdmin(found.place, { method: 'GET', path: '/status', withinMs: WITHIN_MS });
  if (!isStatus(answer.body)) {
    throw new CommandFailure(
      `tollgate: expected a status, got ${answer.status}: ${JSON.stringify(answer.body)}`,
    );
  }
  console.log(options.json === true ? JSON.stringify(answer.body) : statusText(answer.body));
  return answer.body.state === 'serving' ? EXIT.ok : EXIT.failure;
}

/** The other end is this same program; the check is for a port that something else holds. */
function isStatus(body: unknown): body is Status {
  return typeof body === 'object' && body !== null && 'state' in body && 'processes' in body;
}
