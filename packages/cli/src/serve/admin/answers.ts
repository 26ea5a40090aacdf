// What the admin listener answers: is it alive, is it ready, what is it doing, and reload.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Exposition } from '../metrics/exposition.ts';
import { refusalOf } from './guard.ts';
import { sendJson, sendText } from './send.ts';

/** What a reload came to; `errors` are ready to print, one mistake each. */
export type ReloadOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'configuration' | 'failure'; readonly errors: readonly string[] };

export interface AdminDuties {
  isReady(): boolean;
  status(): Promise<unknown>;
  /** In the format that `accept` asks for. */
  metrics(accept: string | undefined): Promise<Exposition>;
  reload(): Promise<ReloadOutcome>;
}

const EXPECTED = 'expected GET /healthz, /readyz, /status, /metrics or POST /reload';

export async function answer(
  duties: AdminDuties,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '/';
  const refusal = refusalOf({ path, headers: request.headers, peer: request.socket.remoteAddress });
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
    default:
      return sendJson(response, 404, { error: EXPECTED });
  }
}
