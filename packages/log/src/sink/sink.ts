// Where bytes of a log end: the one thing the writer asks for.

/** Owned by one writer, which has at most one `write` outstanding. No method ever blocks the event loop on its reader. */
export interface Sink {
  /** Resolves with how many bytes were taken (a short write is normal). Rejects with the system's error: nothing was taken. */
  write(chunk: Buffer): Promise<number>;
  /** Opens the destination anew, for logrotate; on an error the old one stays open. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}
