// Asks the running process through its admin listener.
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Address } from '@tollgate/core';
import { CommandFailure } from '../exit.ts';

export interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface AdminQuestion {
  readonly method: 'GET' | 'POST';
  readonly path: '/status' | '/reload';
  readonly withinMs: number;
}

export interface AdminPlace {
  readonly address: Address | undefined;
  /** That says the address; `undefined` when it was given by whoever knows better. */
  readonly file: string | undefined;
}

/** Throws a CommandFailure when nobody answers. */
export async function askAdmin({ file, address }: AdminPlace, question: AdminQuestion): Promise<AdminAnswer> {
  if (address === undefined || address.kind === 'systemd') {
    throw new CommandFailure(
      `tollgate: ${file} has no admin address to ask at; set \`admin: 127.0.0.1:9901\`, restart, and ask again`,
    );
  }
  try {
    return await ask(address, question);
  } catch (error) {
    const at = address.kind === 'unix' ? address.path : `${address.address}:${address.port}`;
    const why = `nobody answers at ${at} (${causeOf(error)})`;
    if (file === undefined)
      throw new CommandFailure(`tollgate: ${why}; is \`tollgate serve\` running there?`);
    throw new CommandFailure(
      `tollgate: ${why}, the admin address of ${file}; is \`tollgate serve\` running? If \`admin\` was changed there, it listens where it did until a restart: name that place by --admin`,
    );
  }
}

function ask(
  address: Exclude<Address, { kind: 'systemd' }>,
  { method, path, withinMs }: AdminQuestion,
): Promise<AdminAnswer> {
  const target =
    address.kind === 'unix' ? { socketPath: address.path } : { host: address.address, port: address.port };
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      ...target,
      method,
      path,
      // The listener's guard against DNS rebinding wants a local name, also when the address is another one.
      headers: { host: 'localhost' },
      signal: AbortSignal.timeout(withinMs),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body: parsed(body) }),
        (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
      );
    });
    request.end();
  });
}

/** Whatever listens there may not be Tollgate. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON: shown as it came.
    return body.slice(0, 200);
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
