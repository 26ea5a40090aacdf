// `tollgate serve`: the flags, and how they become settings. What serving is, is in ../serve.
import type { ConfigFlags } from '@tollgate/core';
import { Option, type Command } from 'commander';
import { findConfig } from '../configuration/find.ts';
import type { ExitCode } from '../exit.ts';
import { configOption } from './options.ts';

const HELP = `
Each flag overrides its environment variable, which overrides the file.

Signals:
  HUP         take over the changed configuration and certificates; a bad file keeps what runs and says why
  USR1        open log files anew, after logrotate moved them
  TERM, INT   accept nothing more, let requests finish (timeouts.drain), exit 0; a second one ends at once, with 1;
              before it serves: end at once, exit 0

On the admin listener (\`admin\` in the configuration), for programs and browsers of this machine:
  GET /               the live page; /metrics, /status, /healthz and /readyz are there too
  POST /purge         caches forget {"address": URL}, {"prefix": URL} or {"everything": true}:
                      curl -H 'content-type: application/json' -d '{"everything": true}' http://127.0.0.1:9901/purge

Examples:
  tollgate serve
  tollgate serve -c /etc/tollgate/tollgate.yaml --workers auto
  tollgate serve --https-port 9443 --request-log errors --request-log-format combined
  REQUEST_LOG=off HTTPS_PORT=9443 tollgate serve
`;

/** Commander's names for the flags below are the loader's. */
interface ServeOptions extends ConfigFlags {
  readonly config?: string;
}

export function addServe(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('serve')
    .description('serve the sites of the configuration')
    .addOption(configOption())
    .option('--https-port <port>', 'listen for https on this port in place of listen.https (HTTPS_PORT)')
    .option('--http-port <port>', 'listen for http on this port in place of listen.http (HTTP_PORT)')
    .option('--workers <number|auto>', 'serving processes (WORKERS)')
    .addOption(modeOption())
    .option('--request-log-to <where>', 'stdout, journald or a file (REQUEST_LOG_TO)')
    .option('--request-log-format <format>', 'json or combined (REQUEST_LOG_FORMAT)')
    .option('--log-level <level>', 'least severe event to log (LOG_LEVEL)')
    .addHelpText('after', HELP)
    .action(async (options: ServeOptions) => {
      const { config, ...flags } = options;
      const file = findConfig({ flag: config, env: process.env });
      // Loaded only for this command: the others answer sooner without the whole front.
      const { serve } = await import('../serve/serve.ts');
      finish(await serve({ file, flags, env: process.env }));
    });
}

const modeOption = (): Option =>
  new Option('--request-log <mode>', 'which requests get a line: off, on, errors, auto (REQUEST_LOG)');
