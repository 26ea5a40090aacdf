// The TLS of this site's own connection: with a front before it, the front's, not the client's.
import { TLSSocket } from 'node:tls';
import type { ForwardedTls } from '@tollgate/core';
import type { FastifyRequest } from 'fastify';

/** `undefined` over plain http. */
export function ownTls({ raw: { socket } }: FastifyRequest): ForwardedTls | undefined {
  // Over HTTP/2 `socket` is a stand-in for the real one, which it passes for.
  if (!(socket instanceof TLSSocket)) return undefined;
  const version = socket.getProtocol();
  return version === null ? undefined : { version, cipher: socket.getCipher().standardName };
}
