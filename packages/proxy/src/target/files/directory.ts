// A directory as a target of either lane sees it: from a request to its reply, at once where memory has the file.
import type { FilesConfig } from '@tollgate/core';
import { acceptedCodings, type Coding } from '../../coding/accept.ts';
import type { EventLog } from '../../logs.ts';
import { fileBelow } from './location.ts';
import { methodRefusal, replyTo, type FileReply, type FileRequest } from './reply.ts';
import { FileStore, type Lookup } from './store.ts';

export class Directory {
  /** Resolves when the copies that are worth it have been compressed, or cannot be. */
  readonly compressed: Promise<void>;
  readonly #config: FilesConfig;
  readonly #store: FileStore;
  readonly #eventLog: EventLog;
  #lastAccept: string | undefined = undefined;
  #lastCodings: readonly Coding[] = [];

  /** `now`: monotonic milliseconds. */
  constructor(config: FilesConfig, eventLog: EventLog, now?: () => number) {
    this.#config = config;
    this.#eventLog = eventLog;
    this.#store = new FileStore(config, now);
    this.compressed = this.#store.precompress().catch((error: unknown) => {
      eventLog.warn({ err: error, directory: config.directory }, 'files are sent uncompressed');
    });
  }

  /** Without asking the disk; `undefined`: it has to be asked. Never of kind `file`. */
  replyAtOnce(request: FileRequest): FileReply | undefined {
    const refusal = methodRefusal(request);
    if (refusal !== undefined) return refusal;
    const name = fileBelow(request.path, request.routePath);
    if (name === undefined) return replyTo(request, 'missing', this.#config);
    const recent = this.#store.recent(name, this.#codings(request));
    return recent && replyTo(request, recent, this.#config);
  }

  /** Never rejects. An open file in the reply is the caller's to close. */
  async reply(request: FileRequest): Promise<FileReply> {
    try {
      return this.replyAtOnce(request) ?? (await this.#fromDisk(request));
    } catch (error) {
      this.unreadable(error);
      return replyTo(request, 'unreadable', this.#config);
    }
  }

  async #fromDisk(request: FileRequest): Promise<FileReply> {
    const found = await this.#find(request);
    const reply = replyTo(request, found, this.#config);
    if (reply.kind !== 'file' && typeof found === 'object' && !Buffer.isBuffer(found.content))
      await found.content.close();
    return reply;
  }

  /** The fallback answers for names that no file has, not for those that no file may have. */
  async #find({ path, routePath, acceptEncoding }: FileRequest): Promise<Lookup> {
    const name = fileBelow(path, routePath);
    if (name === undefined) return 'missing';
    const accepted = this.#codings({ acceptEncoding });
    const found = await this.#store.find(name, accepted);
    const { fallback } = this.#config;
    return found === 'missing' && fallback !== undefined ? this.#store.find(fallback, accepted) : found;
  }

  /** Most clients say the same as the one before. */
  #codings({ acceptEncoding }: Pick<FileRequest, 'acceptEncoding'>): readonly Coding[] {
    if (acceptEncoding !== this.#lastAccept) {
      this.#lastAccept = acceptEncoding;
      this.#lastCodings = acceptedCodings(acceptEncoding);
    }
    return this.#lastCodings;
  }

  /** Tells of a file that could not be read. */
  unreadable(error: unknown): void {
    this.#eventLog.error({ err: error, directory: this.#config.directory }, 'a file could not be served');
  }

  close(): void {
    this.#store.close();
  }
}
