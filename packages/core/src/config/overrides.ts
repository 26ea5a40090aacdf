// What the command line and the environment say in place of the file: flag, then variable, then file, then default.
import { resolve } from 'node:path';
import type * as z from 'zod';
import type { Address, LogLevel, RequestLogDestination, RequestLogFormat, RequestLogMode } from './types.ts';
import { show, type ConfigProblem } from './problem.ts';
import { parseAddress } from './schema/listen.ts';
import { requestLogFormat, requestLogMode } from './schema/request-log.ts';
import { logLevel, workers } from './schema/root.ts';
import { logFileFault } from './check/logFile.ts';

/** As given on the command line, each in words; `undefined` when it was not. */
export interface ConfigFlags {
  readonly requestLog?: string | undefined;
  readonly requestLogTo?: string | undefined;
  readonly requestLogFormat?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly httpsPort?: string | undefined;
  readonly httpPort?: string | undefined;
  readonly workers?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Overrides {
  readonly mode: RequestLogMode | undefined;
  readonly to: RequestLogDestination | undefined;
  readonly format: RequestLogFormat | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly https: Address | undefined;
  readonly http: Address | undefined;
  readonly workers: number | 'auto' | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** A file named here is relative to the working directory: it was typed there. */
export function readOverrides(flags: ConfigFlags, env: Environment): Overrides {
  const problems: ConfigProblem[] = [];
  const choose = <Value>(
    flag: keyof ConfigFlags,
    variable: string,
    read: (given: string) => Value | Fault,
  ): Value | undefined => {
    const given = flags[flag] ?? (env[variable] === '' ? undefined : env[variable]);
    if (given === undefined) return undefined;
    const value = read(given);
    if (!(value instanceof Fault)) return value;
    const where = flags[flag] === undefined ? variable : flagName(flag);
    problems.push({ where, path: '', message: `${value.expected}, got ${show(given)}${value.hint}` });
    return undefined;
  };
  return {
    mode: choose('requestLog', 'REQUEST_LOG', by(requestLogMode)),
    to: choose('requestLogTo', 'REQUEST_LOG_TO', destination),
    format: choose('requestLogFormat', 'REQUEST_LOG_FORMAT', by(requestLogFormat)),
    logLevel: choose('logLevel', 'LOG_LEVEL', by(logLevel)),
    https: choose('httpsPort', 'HTTPS_PORT', port),
    http: choose('httpPort', 'HTTP_PORT', port),
    workers: choose('workers', 'WORKERS', (given) =>
      by(workers)(/^\d{1,9}$/.test(given) ? Number(given) : given),
    ),
    problems,
  };
}

class Fault {
  readonly expected: string;
  readonly hint: string;

  constructor(expected: string, hint = '') {
    this.expected = expected;
    this.hint = hint;
  }
}

function by<Schema extends z.ZodType>(schema: Schema): (given: unknown) => z.output<Schema> | Fault {
  return (given) => {
    const result = schema.safeParse(given);
    return result.success
      ? result.data
      : new Fault(result.error.issues[0]?.message ?? 'expected another value');
  };
}

function destination(given: string): RequestLogDestination | Fault {
  if (given === 'stdout' || given === 'journald') return given;
  const file = resolve(given);
  const fault = logFileFault(file);
  return fault === undefined ? { file } : new Fault('expected stdout, journald or a file', ` (${fault})`);
}

function port(given: string): Address | Fault {
  return parseAddress(given) ?? new Fault('expected a port (1-65535) or address:port');
}

function flagName(flag: string): string {
  return `--${flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
