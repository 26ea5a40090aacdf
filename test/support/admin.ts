// Asks the admin socket of a site directly: a poll with the command itself would cost a process each time.
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

export interface AdminReply {
  readonly status: number | undefined;
  readonly body: unknown;
}

export function askAdmin(directory: string, path: string): Promise<AdminReply> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath: join(directory, 'admin.sock'), path, agent: false });
    asking.on('error', reject);
    asking.on('response', (response) => {
      json(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    });
    asking.end();
  });
}

export interface ProcessView {
  readonly worker: number;
  readonly pid: number;
  readonly restarts: number;
  readonly report?: {
    readonly requestLog: {
      readonly mode: string;
      readonly written: number;
      readonly dropped: number;
      readonly failedWrites: number;
    };
    readonly front: { readonly activeRequests: number; readonly tunnels: number };
  };
}

export interface StatusView {
  readonly state: string;
  readonly pid: number;
  readonly listening: readonly object[];
  readonly processes: readonly ProcessView[];
}

export async function statusOf(directory: string): Promise<StatusView> {
  const { body } = await askAdmin(directory, '/status');
  if (!isStatus(body)) throw new Error(`expected a status, got ${JSON.stringify(body)}`);
  return body;
}

function isStatus(body: unknown): body is StatusView {
  return typeof body === 'object' && body !== null && 'processes' in body;
}

/** Requests under way in all processes together. */
export async function requestsUnderWay(directory: string): Promise<number> {
  const { processes } = await statusOf(directory);
  return processes.reduce((sum, { report }) => sum + (report?.front.activeRequests ?? 0), 0);
}
