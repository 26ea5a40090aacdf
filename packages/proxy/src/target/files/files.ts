// `files`: serves a directory. Preconditions, ranges and codings; nothing hidden, nothing outside, nothing but GET and HEAD.
import { stat } from 'node:fs/promises';
import type { FilesConfig } from '@tollgate/core';
import { acceptedCodings, type Coding } from '../../coding/accept.ts';
import type { Exchange } from '../../lane/full/exchange.ts';
import { redirectAnswer } from '../fixed.ts';
import type { CompileOptions, FilesTarget } from '../target.ts';
import { fileBelow } from './location.ts';
import { sendFile } from './send.ts';
import { FileStore, type Lookup } from './store.ts';

/** Rejects when the directory cannot be read. */
export async function filesTarget(config: FilesConfig, { eventLog }: CompileOptions): Promise<FilesTarget> {
  const entry = await stat(config.directory).catch(() => undefined);
  if (entry?.isDirectory() !== true) {
    throw new Error(`files ${config.directory}: expected a directory that can be read`);
  }
  const store = new FileStore(config);
  store.precompress().catch((error: unknown) => {
    eventLog.warn({ err: error, directory: config.directory }, 'files are sent uncompressed');
  });
  return {
    kind: 'files',
    store,
    readsBody: false,
    upgrades: false,
    serve: (exchange) => {
      serveFile(store, exchange).catch((error: unknown) => {
        eventLog.error({ err: error, directory: config.directory }, 'a file could not be served');
        exchange.fail('files-unreadable');
      });
    },
    upgrade: (exchange) => exchange.fail('file-missing'),
    close: async () => store.close(),
  };
}

async function serveFile(store: FileStore, exchange: Exchange): Promise<void> {
  const { head, request } = exchange;
  if (head === undefined) return;
  if (head.method !== 'GET' && head.method !== 'HEAD') {
    refuseMethod(exchange);
    return;
  }
  const name = fileBelow(head.path, exchange.routePath);
  const accepted = acceptedCodings(request.headers['accept-encoding']);
  const recent = name === undefined ? undefined : store.recent(name, accepted);
  const found = recent ?? (await findOrFallBack(store, name, accepted));
  if (found === 'missing') exchange.fail('file-missing');
  else if (found === 'unreadable') exchange.fail('files-unreadable');
  else if (found === 'directory') redirectToDirectory(exchange);
  else await sendFile(exchange, found, store.config);
}

/** The fallback answers for names that no file has, not for those that no file may have. */
async function findOrFallBack(
  store: FileStore,
  name: string | undefined,
  accepted: readonly Coding[],
): Promise<Lookup> {
  if (name === undefined) return 'missing';
  const found = await store.find(name, accepted);
  const { fallback } = store.config;
  return found === 'missing' && fallback !== undefined ? store.find(fallback, accepted) : found;
}

/** RFC 9110 15.5.6 wants Allow. */
function refuseMethod(exchange: Exchange): void {
  exchange.refuse('method-not-allowed', ['Allow', 'GET, HEAD']);
}

/** Relative links of the index would be resolved one level too high. */
function redirectToDirectory(exchange: Exchange): void {
  const { asked } = exchange;
  if (asked === undefined) return;
  const query = asked.query === undefined ? '' : `?${asked.query}`;
  exchange.answer(redirectAnswer(308, `${asked.path}/${query}`));
}
