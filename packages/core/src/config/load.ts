// The loader: file, environment and flags in, one frozen Config out, or every mistake at once.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Address, Config } from './types.ts';
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
import { completeAdmin, completeConfig, completeListeners, type Context } from './complete.ts';
import { readDocument } from './document.ts';
import { readOverrides, type ConfigFlags, type Environment } from './overrides.ts';
import { ConfigError, show, type ConfigProblem } from './problem.ts';
import { isRecord, Reading } from './reading.ts';
import { type RootFrame, rootFrame } from './schema/root.ts';
import { type PlacedSite, readSites } from './sites.ts';

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
export function loadConfig(source: ConfigSource): LoadedConfig {
  const file = nameOf(source);
  return parseConfig(readText(file), { ...source, file });
}

/**
 * Where the process of this configuration is asked; `undefined` when nowhere. The files that it names are not looked at:
 * whoever asks need not be able to read its keys. Throws ConfigError, with every mistake, when the text has some.
 */
export function loadAdminAddress(source: ConfigSource): Address | undefined {
  const file = nameOf(source);
  const text = readText(file);
  const { reading, frame, context } = readParts(text, { ...source, file });
  if (frame !== undefined && reading.problems.length === 0)
    return completeAdmin(frame, context.directory)?.address;
  // Mistakes are told together: those of the files beside those of the text.
  return parseConfig(text, { ...source, file }).config.admin?.address;
}

const nameOf = ({ file, env = {} }: ConfigSource): string =>
  file ?? env['TOLLGATE_CONFIG'] ?? (existsSync(LOCAL_FILE) ? LOCAL_FILE : SYSTEM_FILE);

type NamedSource = ConfigSource & { readonly file: string };

/** As `loadConfig`, of a text: `file` gives its name and the directory that relative paths start from. */
export function parseConfig(text: string, source: NamedSource): LoadedConfig {
  const parts = readParts(text, source);
  checkParts(parts);
  const { reading, frame, sites, context } = parts;
  const problems = [...reading.problems, ...context.overrides.problems];
  if (problems.length > 0 || frame === undefined) throw new ConfigError(problems);
  return { config: completeConfig(frame, sites, context), warnings: reading.warnings };
}

interface Parts {
  readonly reading: Reading;
  readonly frame: RootFrame | undefined;
  readonly sites: readonly PlacedSite[];
  readonly context: Context;
}

/** By the schema alone. Throws when the text is no YAML. */
function readParts(text: string, { file, env = {}, flags = {} }: NamedSource): Parts {
  const document = readDocument(text, file);
  const overrides = readOverrides(flags, env);
  if (document.problems.length > 0) throw new ConfigError([...document.problems, ...overrides.problems]);

  const directory = dirname(resolve(file));
  const stateDirectory = resolve(directory, env['STATE_DIRECTORY']?.split(':')[0] ?? '.tollgate');
  const reading = new Reading(file, document);
  return {
    reading,
    frame: reading.read(rootFrame, document.value, []),
    sites: readSites(reading, isRecord(document.value) ? document.value['sites'] : undefined),
    context: { file: resolve(file), directory, stateDirectory, overrides },
  };
}

/** What the parts say of each other, and of files. */
function checkParts({ reading, frame, sites, context }: Parts): void {
  const { directory } = context;
  checkTable(reading, sites);
  checkReferences(reading, sites, directory);
  checkUpstreams(reading, sites);
  if (frame === undefined) return;
  checkListeners(reading, completeListeners(frame, context));
  checkAcme(reading, frame, sites, context);
  checkRedis(reading, frame, sites, directory);
  checkLogFile(reading, frame, directory);
  checkProxyProtocol(reading, frame);
  warnOfTrust(reading, frame);
  warnOfAdmin(reading, frame);
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
