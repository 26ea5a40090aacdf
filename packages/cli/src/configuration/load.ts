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
    if (!(error instanceof ConfigError)) throw error;
    return { ok: false, errors: error.problems.map((problem) => problemText(problem)) };
  }
}
