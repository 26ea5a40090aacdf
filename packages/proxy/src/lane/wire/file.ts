// An exchange answered by a file: in one write where memory has it, else read beside the loop, and then as the client
// takes it. The connection's next request waits, as behind any answer.
import type { Directory } from '../../target/files/directory.ts';
import type { OpenFile } from '../../target/files/openFile.ts';
import type { FileReply, FileRequest } from '../../target/files/reply.ts';
import { bodyPassed } from '../../bodyGarbage.ts';
import { dateLine } from './clock.ts';
import type { WireClient } from './client.ts';
import type { Admitted } from './admitted.ts';
import { WireExchange } from './exchange.ts';
import { declineBody } from './memory.ts';
import { linesOf, statusLine } from './outgoing.ts';

export class FileExchange extends WireExchange {
  readonly #directory: Directory;
  readonly #request: FileRequest;
  /** Called when the client takes bytes again, or has left. */
  #goOn: (() => void) | undefined = undefined;

  constructor(connection: WireClient, admitted: Admitted, directory: Directory, request: FileRequest) {
    super(connection, admitted);
    this.#directory = directory;
    this.#request = request;
  }

  start(): void {
    declineBody(this);
    const reply = this.#directory.replyAtOnce(this.#request);
    if (reply === undefined) void this.#read();
    else this.#give(reply);
  }

  async #read(): Promise<void> {
    this.connection.within(this.connection.timeouts.responseIdleMs);
    const reply = await this.#directory.reply(this.#request);
    if (reply.kind !== 'file') {
      if (!this.#ended) this.#give(reply);
      return;
    }
    try {
      if (!this.#ended) await this.#send(reply);
    } catch (error) {
      this.#directory.unreadable(error);
      this.fail('files-unreadable');
    } finally {
      await reply.file.close();
    }
  }

  /** By the client, or by an error answer while the file was being read. */
  get #ended(): boolean {
    return this.over || this.failure !== undefined;
  }

  #give(reply: FileReply): void {
    if (reply.kind === 'answer') this.answer(reply.answer);
    else if (reply.kind === 'error') this.fail(reply.code, reply.fields);
  }

  async #send({ status, fields, file }: Extract<FileReply, { kind: 'file' }>): Promise<void> {
    const lines = this.changedLines(status, linesOf(fields));
    const head = `${statusLine(status)}${lines}${dateLine(this.startMicros)}${this.endOfHead()}`;
    if (file.done) {
      this.status = status;
      this.connection.write(head);
    } else await this.#sendOpen(status, head, file);
    if (!this.#ended) this.finish();
  }

  /** Piece by piece, no faster than the client reads; the head goes with the first, so that a file which has none is an error. */
  async #sendOpen(status: number, head: string, file: OpenFile): Promise<void> {
    let before = head;
    while (!file.done && !this.#ended) {
      const piece = await file.next();
      if (this.#ended) return;
      if (piece === undefined) {
        this.fail('files-unreadable');
        return;
      }
      this.status = status;
      this.#write(before, piece);
      before = '';
      if (this.connection.blocked && !file.done) await this.#drained();
    }
  }

  #write(head: string, piece: Buffer): void {
    this.connection.within(this.connection.timeouts.responseIdleMs);
    this.bytesOut += piece.length;
    bodyPassed(piece.length);
    if (head === '') this.connection.write(piece);
    else this.connection.writeBoth(head, piece);
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => (this.#goOn = resolve));
  }

  protected override clientDrain(): void {
    this.#goOn?.();
  }

  protected override abandon(): void {
    this.#goOn?.();
  }
}
