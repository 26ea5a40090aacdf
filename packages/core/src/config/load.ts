// The loader: file, environment and flags in, one frozen Config out, or every mistake at once.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from './types.ts';
import { checkAcme } from './check/acme.ts';
import { checkListeners } from './check/listeners.ts';
import {
  checkLogFile,
  checkProxyProtocol,
  checkReferences,
  warnOfAdmin,
  warnOfTrust,
} from './check/references.ts';
import { checkRedis } from './check/redis.ts';
import { checkTable } from './check/table.ts';
import { checkUpstreams } from './check/upstream.ts';
import { completeConfig, completeListeners, type Context } from './complete.ts';
import { readDocument } from './document.ts';
import { readOverrides, type ConfigFlags, type Environment } from './overrides.ts';
import { ConfigError, show, type ConfigProblem } from './problem.ts';
import { isRecord, Reading } from './reading.ts';
import { rootFrame } from './schema/root.ts';
import { readSites } from './sites.ts';

export interface ConfigSource {
  /** As the user wrote it: problems name it so. Without it: `TOLLGATE_CONFIG`, ./tollgate.yaml, /etc/tollgate/. */
  readonly file?: string | undefined;
  readonly env?: Environment;
  readonly flags?: ConfigFlags;
}

export interface LoadedConfig {
  readonly config: Config;
  /** What will work but is probably not meant: an expired certificate, a key that others may read. */
  readonly warnings: readonly ConfigProblem[];
}

const LOCAL_FILE = 'tollgate.yaml';
const SYSTEM_FILE = '/etc/tollgate/tollgate.yaml';

/** Throws only ConfigError. Reads the file and looks at those it names; nothing is opened for longer. */
export function loadConfig({ file, env = {}, flags = {} }: ConfigSource): LoadedConfig {
  const name = file ?? env['TOLLGATE_CONFIG'] ?? (existsSync(LOCAL_FILE) ? LOCAL_FILE : SYSTEM_FILE);
  return parseConfig(readText(name), { file: name, env, flags });
}

/** As `loadConfig`, of a text: `file` gives its name and the directory that relative paths start from. */
export function parseConfig(text: string, source: ConfigSource & { readonly file: string }): LoadedConfig {
  const { file, env = {}, flags = {} } = source;
  const document = readDocument(text, file);
  const overrides = readOverrides(flags, env);
  if (document.problems.length > 0) throw new ConfigError([...document.problems, ...overrides.problems]);

  const directory = dirname(resolve(file));
  const stateDirectory = resolve(directory, env['STATE_DIRECTORY']?.split(':')[0] ?? '.tollgate');
  const context: Context = { file: resolve(file), directory, stateDirectory, overrides };
  const reading = new Reading(file, document);
  const frame = reading.read(rootFrame, document.value, []);
  const sites = readSites(reading, isRecord(document.value) ? document.value['sites'] : undefined);
  checkTable(reading, sites);
  checkReferences(reading, sites, directory);
  checkUpstreams(reading, sites);
  if (frame !== undefined) {
    checkListeners(reading, completeListeners(frame, context));
    checkAcme(reading, frame, sites, context);
    checkRedis(reading, frame, sites, directory);
    checkLogFile(reading, frame, directory);
    checkProxyProtocol(reading, frame);
    warnOfTrust(reading, frame);
    warnOfAdmin(reading, frame);
  }

  const problems = [...reading.problems, ...overrides.problems];
  if (problems.length > 0 || frame === undefined) throw new ConfigError(problems);
  return { config: completeConfig(frame, sites, context), warnings: reading.warnings };
}

/** A configuration is pages, not megabytes; a wrong path may well be a log or a device. */
const MAX_BYTES = 1_048_576;

function readText(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw unreadable(file, reasons.get(reason) ?? reason);
  }
  if (text.length > MAX_BYTES) throw unreadable(file, 'it is larger than 1 MB');
  return text;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'it is a directory'],
]);

function unreadable(file: string, reason: string): ConfigError {
  const message = `expected a readable configuration file, got ${show(file)} (${reason})`;
  return new ConfigError([{ where: file, path: '', message }]);
}
