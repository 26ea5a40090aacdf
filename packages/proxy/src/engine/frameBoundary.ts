// Where a WebSocket frame of the server ends: only there a frame of our own may be put in (RFC 6455 section 5.2).

const LENGTH_16 = 126;
const LENGTH_64 = 127;

export class FrameBoundary {
  /** Of the frame under way, still to come. */
  #payload = 0;
  /** Header bytes of the frame under way, at most 10: servers do not mask. */
  readonly #header: number[] = [];

  get reached(): boolean {
    return this.#payload === 0 && this.#header.length === 0;
  }

  /** `bytes` are about to be passed on. */
  pass(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#payload > 0) {
        const step = Math.min(this.#payload, bytes.length - at);
        this.#payload -= step;
        at += step;
      } else {
        this.#header.push(bytes[at] ?? 0);
        at += 1;
        this.#completeHeader();
      }
    }
  }

  #completeHeader(): void {
    const header = this.#header;
    if (header.length < 2) return;
    const short = (header[1] ?? 0) & 0x7f;
    const extra = short === LENGTH_64 ? 8 : short === LENGTH_16 ? 2 : 0;
    if (header.length < 2 + extra) return;
    this.#payload = extra === 0 ? short : header.slice(2).reduce((sum, byte) => sum * 256 + byte, 0);
    header.length = 0;
  }
}
