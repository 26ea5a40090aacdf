// What supervisor and worker say to each other over the IPC channel: an order with a number, and one answer to it.
import type { AcmeChallenge, Config, RequestLogMode } from '@tollgate/core';
import type { BoundAddress, Purge } from '@tollgate/proxy';
import type { ProcessFigures } from '../figures/figures.ts';
import type { ProcessReport } from '../report.ts';

export type Order =
  | {
      readonly kind: 'start';
      readonly config: Config;
      /** Names of systemd's sockets, in the order of their descriptors from `FIRST_SOCKET_FD` on. */
      readonly sockets: readonly string[];
      readonly ticketKeys: Uint8Array;
      readonly worker: number;
    }
  | { readonly kind: 'reload'; readonly config: Config }
  | { readonly kind: 'certificates' }
  | { readonly kind: 'ticket-keys'; readonly keys: Uint8Array }
  | { readonly kind: 'challenges'; readonly challenges: readonly AcmeChallenge[] }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'close' }
  | { readonly kind: 'report' }
  | { readonly kind: 'figures' }
  | { readonly kind: 'request-log-mode'; readonly mode: RequestLogMode }
  | { readonly kind: 'sample-layers'; readonly on: boolean }
  | { readonly kind: 'purge'; readonly purge: Purge };

export interface NumberedOrder {
  readonly number: number;
  readonly order: Order;
}

export type Answer =
  | {
      readonly number: number;
      readonly ok: true;
      readonly bound?: readonly BoundAddress[];
      readonly report?: ProcessReport;
      readonly figures?: ProcessFigures;
      readonly purged?: number;
      /** Certificates that cannot be used, a sentence each. */
      readonly unusable?: readonly string[];
    }
  | { readonly number: number; readonly ok: false; readonly message: string };

/** 0 to 2 are the standard streams, 3 the channel. */
export const FIRST_SOCKET_FD = 4;
