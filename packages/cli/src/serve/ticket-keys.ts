// The keys of TLS session tickets: one set for all workers, so that a session resumes wherever it lands, and never an old one.
// Who steals a ticket key can read every session of its time (RFC 8446 8.1, appendix C.4 on lifetime), hence the rotation.
import { randomBytes } from 'node:crypto';

/** Name, AES key and HMAC key: what node:tls `setTicketKeys` wants. */
const KEY_BYTES = 48;
const ROTATE_MS = 12 * 60 * 60 * 1000;

export const newTicketKeys = (): Buffer => randomBytes(KEY_BYTES);

/** A ticket of the former keys costs one full handshake: OpenSSL as Node drives it knows a single set. */
export function rotateTicketKeys(use: (keys: Buffer) => void, everyMs = ROTATE_MS): NodeJS.Timeout {
  return setInterval(() => use(newTicketKeys()), everyMs).unref();
}
