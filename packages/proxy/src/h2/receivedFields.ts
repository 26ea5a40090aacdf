// The fields of one header block as they are read: bounds, the rules of RFC 9113 section 8 for names and pseudo-headers.
// What a field may hold beyond that is for the gate to say.
import type { FieldSink } from './hpack/decoder.ts';
import { ENTRY_BYTES } from './hpack/dynamicTable.ts';

export interface FieldLimits {
  /** RFC 9113 6.5.2: names, values and 32 bytes a field. */
  readonly listBytes: number;
  /** Pseudo-headers not among them. */
  readonly count: number;
}

/** One of each at most; a repeated one is malformed. */
const PSEUDO_HEADERS: readonly string[] = [':method', ':scheme', ':authority', ':path'];
/** Meaningful between two HTTP/1.1 peers only (section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
const SCHEME = /^[a-z][\da-z+.-]*$/i;
const LENGTH = /^\d{1,15}$/;
const SPACE = 0x20;
const TAB = 0x09;

export class ReceivedFields implements FieldSink {
  /** Names and values in turn, pseudo-headers first. */
  readonly list: string[] = [];
  method = '';
  path = '';
  authority: string | undefined = undefined;
  /** Announced; -1: not. */
  contentLength = -1;
  /** Against the protocol: PROTOCOL_ERROR. */
  malformed = false;
  /** Beyond a limit; what is beyond is not in the list. */
  tooLarge = false;
  readonly #limits: FieldLimits;
  readonly #trailers: boolean;
  #bytes = 0;
  #scheme: string | undefined = undefined;
  #pseudoSeen = 0;

  constructor(limits: FieldLimits, trailers = false) {
    this.#limits = limits;
    this.#trailers = trailers;
  }

  field(name: string, value: string): void {
    if (this.tooLarge || this.malformed) return;
    this.#bytes += name.length + value.length + ENTRY_BYTES;
    const { listBytes, count } = this.#limits;
    // Four pseudo-headers, and the one too many that the gate refuses.
    if (this.#bytes > listBytes || this.list.length >= 2 * (count + 5)) this.tooLarge = true;
    else if (!this.#isAllowed(name, value)) this.malformed = true;
    else this.list.push(name, value);
  }

  #isAllowed(name: string, value: string): boolean {
    if (name.charCodeAt(0) === 0x3a) return this.#pseudo(name, value);
    if (!isName(name) || !isTrimmed(value)) return false;
    if (name === 'content-length') return this.#length(value);
    if (name === 'te') return value.toLowerCase() === 'trailers';
    return !CONNECTION_FIELDS.has(name);
  }

  /** Before all other fields (section 8.3). */
  #pseudo(name: string, value: string): boolean {
    const which = PSEUDO_HEADERS.indexOf(name);
    if (which < 0 || this.#trailers || this.list.length > 2 * countBits(this.#pseudoSeen)) return false;
    if ((this.#pseudoSeen & (1 << which)) !== 0) return false;
    this.#pseudoSeen |= 1 << which;
    if (which === 0) this.method = value;
    else if (which === 1) this.#scheme = value;
    else if (which === 2) this.authority = value;
    else this.path = value;
    return true;
  }

  #length(value: string): boolean {
    if (this.contentLength >= 0 || !LENGTH.test(value)) return false;
    this.contentLength = Number(value);
    return true;
  }

  /** All that a request has to have (section 8.3.1; 8.5 for CONNECT). */
  get isRequest(): boolean {
    const scheme = this.#scheme;
    if (this.method === 'CONNECT')
      return scheme === undefined && this.path === '' && this.authority !== undefined;
    if (this.method === '' || this.path === '' || scheme === undefined) return false;
    return scheme === 'https' || SCHEME.test(scheme);
  }
}

const countBits = (bits: number): number =>
  (bits & 1) + ((bits >> 1) & 1) + ((bits >> 2) & 1) + ((bits >> 3) & 1);

/** A token without capitals (section 8.2.1). */
function isName(name: string): boolean {
  for (let at = 0; at < name.length; at++) if (NAME_CHARACTER[name.charCodeAt(at)] !== 1) return false;
  return name.length > 0;
}

/** Section 8.2.1: no space or tab at either end. */
function isTrimmed(value: string): boolean {
  return !isBlank(value.charCodeAt(0)) && !isBlank(value.charCodeAt(value.length - 1));
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB;

const NAME_CHARACTER = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  NAME_CHARACTER[character.charCodeAt(0)] = 1;
