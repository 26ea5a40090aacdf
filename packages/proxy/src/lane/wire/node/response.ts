// Node's response on the client's socket, and what Node's server would do around it.
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { H1Response } from '../../full/response.ts';
import type { NodeRequest } from './request.ts';

export class NodeResponse extends H1Response {
  readonly #socket: Socket;
  #timed = false;

  /** `answered`: the last byte was handed to the kernel. */
  constructor(request: NodeRequest, socket: Socket, keepAliveMs: number, answered: () => void) {
    super(request);
    this.#socket = socket;
    // As Node's server tells its own responses; in no type.
    Object.assign(this, { _keepAliveTimeout: keepAliveMs });
    this.assignSocket(socket);
    this.on('finish', answered);
  }

  /** The connection ends after this answer, as its head says. */
  get last(): boolean {
    return Reflect.get(this, '_last') === true;
  }

  /** Some of the answer waits in this process for the client. */
  get waits(): boolean {
    return this.writableLength > 0;
  }

  /** Node's server calls back by way of the socket's event, which only it listens to. */
  override setTimeout(ms: number, callback?: (socket: Socket) => void): this {
    if (!this.#timed) this.#socket.on('timeout', this.#timeout);
    this.#timed = true;
    if (callback !== undefined) this.on('timeout', callback);
    this.#socket.setTimeout(ms);
    return this;
  }

  readonly #timeout = (): void => void this.emit('timeout', this.#socket);

  /** The client takes bytes again. */
  drained(): void {
    if (needsDrain === undefined || !this.writableNeedDrain || this.writableLength > 0) return;
    Reflect.set(this, needsDrain, false);
    this.emit('drain');
  }

  /** Lets go of the socket, which may serve another request; `close` follows in a later turn, as from Node's server. */
  leave(): void {
    if (this.#timed) this.#socket.off('timeout', this.#timeout).setTimeout(0);
    this.detachSocket(this.#socket);
    process.nextTick(close, this);
  }
}

function close(response: NodeResponse): void {
  response.destroy();
}

/** Where Node keeps that `write` has answered false; its server looks there, too. */
const needsDrain = Object.getOwnPropertySymbols(new ServerResponse(new IncomingMessage(new Socket()))).find(
  ({ description }) => description === 'kNeedDrain',
);

/** Whether this Node has what a response outside its server needs. */
export const worksOffServer = needsDrain !== undefined;
