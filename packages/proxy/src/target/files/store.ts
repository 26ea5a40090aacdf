// The files below one directory: from a canonical path to what is sent, or nothing.

export interface FileStore {
  /** Absolute. */
  readonly directory: string;
}
