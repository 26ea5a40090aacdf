// Configurations as text in a directory of their own, and what the loader says of them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigError, parseConfig, problemText, type ConfigSource, type LoadedConfig } from '@tollgate/core';
import { onTestFinished } from 'vitest';

/** A directory with these files, removed when the test ends. */
export function directoryWith(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

type Source = Omit<ConfigSource, 'file'> & { readonly directory?: string };

/** As `DIRECTORY/t.yaml`. */
export function load(text: string, { directory = '/nowhere', ...rest }: Source = {}): LoadedConfig {
  return parseConfig(text, { ...rest, file: join(directory, 't.yaml') });
}

/** Every problem as a line, with `t.yaml` for the file and `.` for its directory. */
export function problemsOf(text: string, source: Source = {}): string[] {
  const { directory = '/nowhere' } = source;
  const lines = problemsIn(() => load(text, source)).map(problemText);
  return lines.map((line) => line.replace(`${directory}/t.yaml`, 't.yaml').replaceAll(directory, '.'));
}

export function problemsIn(run: () => unknown): ConfigError['problems'] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** As `problemsOf`, of the warnings; the configuration must be accepted. */
export function warningsOf(text: string, directory: string): string[] {
  const lines = load(text, { directory }).warnings.map(problemText);
  return lines.map((line) => line.replace(`${directory}/t.yaml`, 't.yaml').replaceAll(directory, '.'));
}

/** The smallest configuration there is, for tests of other sections. */
export const SITE = "sites: [{ hosts: '*', routes: [{ path: /, respond: {} }] }]";

/** A site with these routes, one a line: the first stands in line 4. */
export function routes(...lines: readonly string[]): string {
  return ['sites:', "  - hosts: '*'", '    routes:', ...lines.map((line) => `      - ${line}`)].join('\n');
}
