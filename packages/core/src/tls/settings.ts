// TLS as Mozilla's server-side guideline 6.0, profile "intermediate", asks for; in options of node:tls.
import { constants } from 'node:crypto';

/** What every TLS listener of the front is created with, besides its certificates. */
export interface TlsSettings {
  readonly minVersion: 'TLSv1.2';
  readonly maxVersion: 'TLSv1.3';
  readonly ciphers: string;
  /** Key exchange groups in order of preference, as OpenSSL names them. */
  readonly ecdhCurve: string;
  readonly honorCipherOrder: boolean;
  readonly secureOptions: number;
}

/** AES-128-GCM-SHA256 first: SHA-384 costs 5 % of a handshake, and CPUs have instructions for SHA-256. */
const CIPHERS_13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** Forward secrecy and AEAD only: no CBC, no RSA key exchange, no finite-field Diffie-Hellman. */
const CIPHERS_12 = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** The first holds against a recording that is broken open later by a quantum computer. */
const GROUPS = ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'];

export const TLS_SETTINGS: TlsSettings = Object.freeze({
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: [...CIPHERS_13, ...CIPHERS_12].join(':'),
  ecdhCurve: GROUPS.join(':'),
  honorCipherOrder: true,
  // ChaCha first for a client that puts it first (a phone without AES instructions); no renegotiation (CVE-2011-1473).
  secureOptions: constants.SSL_OP_PRIORITIZE_CHACHA | constants.SSL_OP_NO_RENEGOTIATION,
});

/** Two years, the guideline's value; seconds. Only over https, and never with a self-signed certificate. */
export const HSTS = 'max-age=63072000';
