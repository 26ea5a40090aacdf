// An answer that filters see before it is sent: its head is gathered from wherever Node keeps it, shown to them, and
// written in one piece; its body goes through what they have put in. Routes without filters never get here.
import type { Transform } from 'node:stream';
import type { BodyChanges, FilterAnswer } from '../../policy/filterAnswer.ts';
import { AnswerHead } from '../../policy/answerHead.ts';
import { isBodyless } from '../../target/prepared.ts';
import { byteLength } from './byteLength.ts';
import { ChangedBody } from './changedBody.ts';

/** A response with ways around its own filters. */
export interface BareAnswer {
  readonly statusCode: number;
  readonly headersSent: boolean;
  /** The client has left: nothing will be sent, and nothing closes any more. */
  readonly gone: boolean;
  readonly req: { readonly method?: string | undefined };
  /** What the target still writes is dropped. */
  taken: boolean;
  writeHead(status: number, ...rest: unknown[]): unknown;
  getHeaderNames(): readonly string[];
  getHeader(name: string): unknown;
  setHeader(name: string, value: string | number): unknown;
  removeHeader(name: string): void;
  bareHead(status: number, rest: readonly unknown[]): void;
  bareWrite(given: readonly unknown[]): boolean;
  bareEnd(given: readonly unknown[]): void;
  once(event: 'close', listener: () => void): unknown;
  emit(event: string, ...given: unknown[]): boolean;
  /** A stream that a filter has put in has failed: the body cannot be whole. */
  changeFailed(error: Error): void;
}

export class FilteredAnswer {
  readonly #bare: BareAnswer;
  readonly #filter: FilterAnswer;
  #changed: ChangedBody | undefined = undefined;

  constructor(bare: BareAnswer, filter: FilterAnswer) {
    this.#bare = bare;
    this.#filter = filter;
  }

  /** `rest`: a reason and fields, either or none, as `writeHead` takes them. */
  writeHead(status: number, rest: readonly unknown[]): void {
    const bare = this.#bare;
    if (bare.gone) {
      // Streams that filters put in now would never be let go.
      bare.taken = true;
      return;
    }
    const head = new AnswerHead(status, fieldsOf(bare, rest.at(-1)));
    for (const name of bare.getHeaderNames()) bare.removeHeader(name);
    const changes = this.#filter(head);
    const reason = head.status === status && typeof rest[0] === 'string' ? [rest[0]] : [];
    bare.bareHead(head.status, [...reason, head.fields]);
    this.#change(changes);
  }

  write(given: readonly unknown[]): boolean {
    const bare = this.#bare;
    if (!bare.headersSent) bare.writeHead(bare.statusCode);
    if (bare.taken) return false;
    return this.#changed === undefined ? bare.bareWrite(given) : this.#changed.write(...given);
  }

  end(given: readonly unknown[]): void {
    const bare = this.#bare;
    if (!bare.headersSent) this.#headOfWhole(given);
    if (!bare.taken) this.#end(given);
  }

  /** A whole answer in place of the target's. */
  answer(status: number, fields: readonly string[], body: Buffer): void {
    const bare = this.#bare;
    for (const name of bare.getHeaderNames()) bare.removeHeader(name);
    bare.writeHead(status, [...fields]);
    if (bare.taken) return;
    bare.taken = true;
    this.#end([body]);
  }

  /** Node would count the bytes only if it wrote the head itself. */
  #headOfWhole([chunk, encoding]: readonly unknown[]): void {
    const bare = this.#bare;
    const framed = bare.getHeader('content-length') ?? bare.getHeader('transfer-encoding');
    const unsized = bare.req.method === 'HEAD' || isBodyless(bare.statusCode);
    if (framed === undefined && !unsized) bare.setHeader('Content-Length', byteLength(chunk, encoding));
    bare.writeHead(bare.statusCode);
  }

  #change({ body, streams }: BodyChanges): void {
    const [first, ...rest] = streams;
    if (first !== undefined) this.#changed = this.#put(first, rest);
    if (body === undefined) return;
    this.#bare.taken = true;
    this.#end([body]);
  }

  #end(given: readonly unknown[]): void {
    if (this.#changed === undefined) this.#bare.bareEnd(given);
    else this.#changed.end(...given);
  }

  #put(first: Transform, rest: readonly Transform[]): ChangedBody {
    const bare = this.#bare;
    const emit = bare.emit.bind(bare);
    const changed = new ChangedBody(first, rest, {
      write: (chunk) => bare.bareWrite([chunk]),
      end: () => bare.bareEnd([]),
      drained: () => void emit('drain'),
      failed: (error) => bare.changeFailed(error),
    });
    // Whoever writes the body waits for the streams, and only they for the client: told of the client's drain, it would
    // write into streams that are full, without bound.
    Object.assign(bare, {
      emit: (event: string, ...given: unknown[]): boolean => {
        if (event !== 'drain') return emit(event, ...given);
        changed.resume();
        return true;
      },
    });
    bare.once('close', () => changed.destroy());
    return changed;
  }
}

/** What was stored and is not given anew, then what is given: names and values in turn. */
function fieldsOf(bare: BareAnswer, given: unknown): string[] {
  const late = givenFields(given);
  if (bare.getHeaderNames().length === 0) return late;
  const names = new Set(late.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()));
  const stored = bare
    .getHeaderNames()
    .filter((name) => !names.has(name.toLowerCase()))
    .flatMap((name) => lines(name, bare.getHeader(name)));
  return [...stored, ...late];
}

/** As `writeHead` takes them: a flat list, a list of pairs, or an object. */
function givenFields(given: unknown): string[] {
  if (typeof given !== 'object' || given === null) return [];
  if (!Array.isArray(given)) return Object.entries(given).flatMap(([name, value]) => lines(name, value));
  // Most answers come so, and a copy is all that they need.
  if (given.every((item) => typeof item === 'string')) return [...given];
  const flat: unknown[] = given.every((item) => Array.isArray(item)) ? given.flat() : given;
  return flat.flatMap((name, at) => (at % 2 === 0 ? lines(String(name), flat[at + 1]) : []));
}

function lines(name: string, value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((one) =>
    typeof one === 'string' || typeof one === 'number' ? [name, String(one)] : [],
  );
}
