// One connection to the server of shared limits, with the library's own retries and queues off: `link.ts` has them.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { RedisConfig } from '@tollgate/core';
import type { Redis, RedisOptions } from 'ioredis';

const CONNECT_MS = 3000;

/** The library wants that one said or left out, not undefined. */
type Options = Omit<RedisOptions, 'replyMapping'>;

/** Rejects with a reason that has no secret in it. Read anew each time: a password may have been changed meanwhile. */
export async function connectRedis(
  config: RedisConfig,
  passwordGiven: string | undefined,
  signal: AbortSignal,
): Promise<Redis> {
  const password = passwordGiven ?? (await passwordIn(config.passwordFile));
  // Loaded when somebody wants it.
  const { Redis } = await import('ioredis');
  const client = new Redis({ ...OPTIONS, ...(await optionsOf(config, password)) });
  endedBy(signal, client);
  const said: Error[] = [];
  client.on('error', (error) => void said.push(error));
  // A refused password is only said.
  const failure = await client.connect().then(
    () => said[0],
    (error: unknown) => said[0] ?? error,
  );
  client.removeAllListeners('error').on('error', ignoreError);
  if (failure === undefined) return client;
  client.disconnect();
  throw new Error(reasonOf(failure, password));
}

function endedBy(signal: AbortSignal, client: Redis): void {
  const leave = (): void => client.disconnect();
  signal.addEventListener('abort', leave);
  client.once('end', () => signal.removeEventListener('abort', leave));
}

/** The connection closes after it, and that is told. */
function ignoreError(): void {
  return undefined;
}

/** No commands of its own that an access list would have to allow; nothing waits for a connection, nothing is sent twice. */
const OPTIONS: Options = {
  lazyConnect: true,
  protocol: 2,
  enableReadyCheck: false,
  disableClientInfo: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  retryStrategy: () => null,
  connectTimeout: CONNECT_MS,
};

async function optionsOf({ server, user, ca }: RedisConfig, password: string | undefined): Promise<Options> {
  const { address, database } = server;
  const options: Options = { db: database, username: user, password };
  if (address.kind === 'unix') return { ...options, path: address.path };
  const { host, port } = address;
  if (!server.tls) return { ...options, host, port };
  const tls = {
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca: await readFile(ca) }),
  };
  return { ...options, host, port, tls };
}

async function passwordIn(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : (await readFile(file, 'utf8')).trim();
}

/** The words only: the error of a command has its arguments, too, and some servers repeat them in their answer. */
export function reasonOf(error: unknown, password?: string): string {
  const words = error instanceof Error ? error.message : String(error);
  return password === undefined || password === '' ? words : words.replaceAll(password, '***');
}
