// What the admin listener answers: is it alive, is it ready, what is it doing, and the few orders it takes.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MetricsReaders, RequestLogMode } from '@tollgate/core';
import type { Purge } from '@tollgate/proxy';
import type { LiveFeed } from '../live/feed.ts';
import type { Exposition } from '../metrics/exposition.ts';
import { readOrder } from './body.ts';
import { refusalOf } from './guard.ts';
import { purgeCaches } from './purge.ts';
import { sendPage } from './page.ts';
import { sendJson, sendText } from './send.ts';

/** What a reload came to; `errors` are ready to print, one mistake each. */
export type ReloadOutcome =
  | {
      readonly ok: true;
      /** Keys that were changed and take effect only after a restart. */
      readonly afterRestart: readonly string[];
    }
  | { readonly ok: false; readonly reason: 'configuration' | 'failure'; readonly errors: readonly string[] };

export interface AdminDuties {
  isReady(): boolean;
  status(): Promise<unknown>;
  /** In the format that `accept` asks for. */
  metrics(accept: string | undefined): Promise<Exposition>;
  reload(): Promise<ReloadOutcome>;
  /** Rejects with why not. */
  setRequestLogMode(mode: RequestLogMode): Promise<void>;
  sampleLayers(on: boolean): Promise<void>;
  /** The count of answers that the caches have forgotten. */
  purge(purge: Purge): Promise<number>;
  /** Who besides this machine reads /metrics, by the configuration in force. */
  readers(): MetricsReaders | undefined;
  readonly live: Pick<LiveFeed, 'join'>;
}

const EXPECTED =
  'expected GET /, /live, /healthz, /readyz, /status, /metrics, or POST /reload, /request-log, /layers, /purge';

export async function answer(
  duties: AdminDuties,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '/';
  const peer = request.socket.remoteAddress;
  const refusal = refusalOf({ path, headers: request.headers, peer, readers: duties.readers() });
  if (refusal !== undefined) return sendJson(response, 403, { error: refusal });
  switch (`${request.method} ${path}`) {
    case 'GET /healthz':
      return sendJson(response, 200, { status: 'alive' });
    case 'GET /readyz':
      return duties.isReady()
        ? sendJson(response, 200, { status: 'ready' })
        : sendJson(response, 503, { status: 'draining' });
    case 'GET /status':
      return sendJson(response, 200, await duties.status());
    case 'GET /metrics': {
      const { contentType, text } = await duties.metrics(request.headers.accept);
      return sendText(response, contentType, text);
    }
    case 'POST /reload': {
      const outcome = await duties.reload();
      return sendJson(response, outcome.ok ? 200 : 422, outcome);
    }
    case 'GET /live':
      return duties.live.join(response)
        ? undefined
        : sendJson(response, 503, { error: 'enough watch the live page already' });
    case 'POST /request-log':
      return switchRequestLog(duties, request, response);
    case 'POST /purge':
      return purgeCaches((purge) => duties.purge(purge), request, response);
    case 'POST /layers':
      return switchLayers(duties, request, response);
    default:
      if (request.method === 'GET' && sendPage(response, path)) return;
      return sendJson(response, 404, { error: EXPECTED });
  }
}

const MODES: readonly RequestLogMode[] = ['off', 'on', 'errors', 'auto'];

async function switchRequestLog(
  duties: AdminDuties,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const order = await readOrder(request);
  const mode = MODES.find((known) => known === order?.['mode']);
  if (mode === undefined) {
    return sendJson(response, 400, { error: 'expected {"mode": "off", "on", "errors" or "auto"} as JSON' });
  }
  await duties.setRequestLogMode(mode);
  sendJson(response, 200, { mode });
}

async function switchLayers(
  duties: AdminDuties,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const on = (await readOrder(request))?.['on'];
  if (typeof on !== 'boolean') {
    return sendJson(response, 400, { error: 'expected {"on": true or false} as JSON' });
  }
  await duties.sampleLayers(on);
  sendJson(response, 200, { on });
}
