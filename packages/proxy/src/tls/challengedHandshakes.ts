// TLS handshakes while an authority asks by tls-alpn-01 (RFC 8737): its own get the certificate made for the question, all
// others what they always get. Which comes first, the choice by name or by protocol, depends on the TLS version.
import { TLSSocket, type TlsOptions } from 'node:tls';
import type { ChallengeBoard } from './challengeBoard.ts';
import type { Certificates } from './certificates.ts';

export const ACME_PROTOCOL = 'acme-tls/1';
const SITE_PROTOCOLS = ['h2', 'http/1.1'];

/** Node calls both with the socket as `this`. Neither throws, whatever the name: it would end the process. */
export function challengedHandshakes(
  board: ChallengeBoard,
  certificates: Certificates,
): Pick<TlsOptions, 'ALPNCallback' | 'SNICallback'> {
  const asked = new WeakSet<object>();
  return {
    ALPNCallback: function (this: unknown, { servername, protocols }) {
      // RFC 8737 3: alone, or it is no validation.
      if (protocols.length !== 1 || protocols[0] !== ACME_PROTOCOL)
        return SITE_PROTOCOLS.find((protocol) => protocols.includes(protocol));
      const context = board.contextOf(servername);
      if (context === undefined || !(this instanceof TLSSocket)) return undefined;
      asked.add(this);
      this.setKeyCert(context);
      return ACME_PROTOCOL;
    },
    SNICallback: function (this: unknown, serverName, done) {
      const chosen = this instanceof TLSSocket && asked.has(this);
      done(null, chosen ? undefined : certificates.find(serverName));
    },
  };
}
