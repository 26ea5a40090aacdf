// Node's request made of the head that the recogniser has read, without Node's parser: for apps, and for the full lane's
// exchanges on a connection of this one.
import type { Socket } from 'node:net';
import { foldFields } from '../../full/foldFields.ts';
import { H1Request } from '../../full/request.ts';
import type { RequestHead } from '../requestHead.ts';

export class NodeRequest extends H1Request {
  /** `fields`: names and values in turn. The request has no body. */
  constructor(socket: Socket, head: RequestHead, fields: string[]) {
    super(socket);
    this.method = head.method;
    this.url = head.target;
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.rawHeaders = fields;
    this.headers = foldFields(fields);
  }

  /** As from Node's server, whoever answers has been called when the end comes. */
  ends(): void {
    this.complete = true;
    this.push(null);
  }

  /** Node's would start the socket; the bytes come from the connection, which reads by itself. */
  override _read(): void {
    return undefined;
  }

  /** The answer is out: who never read gets the end of the request all the same, as from Node. */
  dropUnread(): void {
    if (this.readableFlowing === null) this.read(0);
  }

  /** The client has left before its answer was whole. */
  abort(): void {
    this.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  }
}
