// A client of bytes: sends a case in one, two or many pieces, and takes the answers apart by itself.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setImmediate as turn } from 'node:timers/promises';

export type Split = 'whole' | 'halves' | 'bytes';

/** Beyond it the pieces grow: a target of 70,000 characters byte by byte proves nothing more. */
const MAX_PIECES = 600;

export interface Answer {
  readonly status: number;
  /** `name: value`, names in lower case. */
  readonly fields: readonly string[];
}

/** A port of loopback, with TLS or without, or a unix socket. */
export type Destination =
  | { readonly host: string; readonly port: number; readonly tls: boolean }
  | { readonly path: string };

export class RawConnection {
  readonly #socket: Socket;
  #received = '';
  #ended = false;
  readonly #looks = new Set<() => void>();

  constructor(to: Destination) {
    this.#socket = open(to);
    this.#socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      this.#look();
    });
    // A reset is a refusal as well: what came before it is kept.
    this.#socket.on('error', () => undefined);
    for (const event of ['end', 'close']) {
      this.#socket.on(event, () => {
        this.#ended = true;
        this.#look();
      });
    }
  }

  /** The server has ended its side. */
  get ended(): boolean {
    return this.#ended;
  }

  async send(bytes: string, split: Split, ends = false): Promise<void> {
    for (const piece of piecesOf(bytes, split)) {
      if (!this.#socket.writable) return;
      this.#socket.write(piece, 'latin1');
      await turn();
    }
    if (ends) this.#socket.end();
  }

  /** Final answers so far; 1xx are not counted. */
  answers(): readonly Answer[] {
    return answersIn(this.#received);
  }

  /** Until so many final answers have come, or the server has ended. */
  async untilAnswers(count: number): Promise<readonly Answer[]> {
    await this.#until(() => this.#ended || this.answers().length >= count);
    return this.answers();
  }

  async untilEnded(): Promise<readonly Answer[]> {
    await this.#until(() => this.#ended);
    return this.answers();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #until(holds: () => boolean): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
    });
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}

function open(to: Destination): Socket {
  const options = { ...to, allowHalfOpen: true, noDelay: true };
  if ('path' in to || !to.tls) return connect(options);
  return connectTls({ ...options, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
}

function piecesOf(bytes: string, split: Split): string[] {
  if (split === 'whole') return [bytes];
  const length = split === 'halves' ? Math.ceil(bytes.length / 2) : Math.ceil(bytes.length / MAX_PIECES);
  const count = length === 0 ? 0 : Math.ceil(bytes.length / length);
  return Array.from({ length: count }, (_, at) => bytes.slice(at * length, (at + 1) * length));
}

function answersIn(text: string): Answer[] {
  const answers: Answer[] = [];
  let at = 0;
  for (let end = text.indexOf('\r\n\r\n', at); end >= 0; end = text.indexOf('\r\n\r\n', at)) {
    const [first = '', ...rest] = text.slice(at, end).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? Number.NaN);
    const fields = rest.map((line) =>
      line.replace(/^([^:]*): ?/, (_, name: string) => `${name.toLowerCase()}: `),
    );
    const length = fields.find((field) => field.startsWith('content-length: '))?.slice(16) ?? '0';
    at = end + 4 + (status < 200 || status === 204 || status === 304 ? 0 : Number(length));
    if (status >= 200 || Number.isNaN(status)) answers.push({ status, fields });
  }
  return answers;
}
