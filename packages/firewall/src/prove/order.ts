// What the owner of the bed may order an agent to do, and what can come of it.

export interface Attempt {
  readonly host: string;
  readonly port: number;
  /** Local address. */
  readonly from?: string;
  readonly sourcePort?: number;
  /** Bytes of a whole answer. */
  readonly bytes: number;
  readonly timeoutMs: number;
}

export type Command =
  | { readonly kind: 'listen-tcp'; readonly port: number }
  | { readonly kind: 'listen-udp'; readonly port: number }
  | { readonly kind: 'try-tcp'; readonly attempt: Attempt; readonly keepAs?: string }
  | { readonly kind: 'ask-held'; readonly name: string; readonly attempt: Attempt }
  | { readonly kind: 'try-udp'; readonly attempt: Attempt };

/** `blocked`: no answer to the opening. `stalled`: open, but the answer did not come whole. `failed`: the agent could not even ask. */
export type Outcome = 'answered' | 'refused' | 'blocked' | 'stalled' | 'failed';
