// `files`: serves a directory.
import type { FilesConfig } from '@tollgate/core';
import type { FilesTarget } from '../target.ts';

/** Rejects when the directory cannot be read. */
export function filesTarget(config: FilesConfig): Promise<FilesTarget> {
  return Promise.resolve({
    kind: 'files',
    store: { directory: config.directory },
    readsBody: false,
    upgrades: false,
    serve: (exchange) => exchange.fail('file-missing'),
    upgrade: (exchange) => exchange.fail('file-missing'),
    close: () => Promise.resolve(),
  });
}
