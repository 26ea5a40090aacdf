// The loader's answer as the commands want it: a configuration, or its mistakes as lines ready to print.
import { ConfigError, loadConfig, problemText, type Config, type ConfigSource } from '@tollgate/core';

export type Loaded =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[] };

export function loadConfiguration(source: ConfigSource): Loaded {
  try {
    const { config, warnings } = loadConfig(source);
    return { ok: true, config, warnings: warnings.map((warning) => problemText(warning)) };
  } catch (error) {
    return { ok: false, errors: mistakesIn(error) };
  }
}

/** As lines ready to print. Throws what is no ConfigError. */
export function mistakesIn(error: unknown): readonly string[] {
  if (!(error instanceof ConfigError)) throw error;
  return error.problems.map((problem) => problemText(problem));
}
