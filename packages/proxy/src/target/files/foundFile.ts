// A file as it goes to one client: what is said of it, and its bytes in the coding that suits.
import type { FileHandle } from 'node:fs/promises';
import type { Coding } from '../../coding/accept.ts';

export interface FoundFile {
  readonly type: string;
  readonly coding: Coding | undefined;
  /** Its answer depends on Accept-Encoding. */
  readonly varies: boolean;
  readonly size: number;
  readonly mtimeMs: number;
  /** Strong: it differs for each coding. */
  readonly etag: string;
  /** The bytes when they are in memory, else the open file, which the caller closes. */
  readonly content: Buffer | FileHandle;
}
