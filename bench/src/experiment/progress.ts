// What a person sees while it runs: on a terminal one line that is rewritten, with the time left; elsewhere a plain line a step.
import type { Scope } from '../lab/scope.ts';

export interface Progress {
  /** A terminal's width; `null`: plain text, a line a step. */
  readonly columns: number | null;
  /** `done` of `of` steps; the time left is told from the pace so far. */
  step(text: string, done: number, of: number): void;
  /** A line that stays. */
  say(text: string): void;
  /** Several lines, drawn over the ones before. Nothing where there is no terminal. */
  draw(picture: string): void;
}

export function openProgress(scope: Scope, stream: NodeJS.WriteStream = process.stderr): Progress {
  const progress = stream.isTTY ? new Rewriting(stream) : plain(stream);
  scope.defer(() => {
    if (progress instanceof Rewriting) progress.end();
  });
  return progress;
}

const CLEAR = '\r\x1b[K';

class Rewriting implements Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedMs = performance.now();
  #line = '';
  #drawnRows = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  get columns(): number {
    return this.#stream.columns || 80;
  }

  step(text: string, done: number, of: number): void {
    const left = timeLeft(performance.now() - this.#startedMs, done, of);
    this.#line = `${bar(done, of)} ${text}${left}`.slice(0, this.columns - 1);
    this.#stream.write(CLEAR + this.#line);
  }

  say(text: string): void {
    this.#stream.write(`${CLEAR}${text}\n${this.#line}`);
    this.#drawnRows = 0;
  }

  draw(picture: string): void {
    const up = this.#drawnRows === 0 ? CLEAR : `\x1b[${this.#drawnRows}A\r\x1b[J`;
    this.#stream.write(`${up}${picture}\n`);
    this.#drawnRows = picture.split('\n').length;
  }

  end(): void {
    this.#stream.write(CLEAR);
  }
}

const BAR_CELLS = 16;

function bar(done: number, of: number): string {
  const filled = Math.round((done / Math.max(1, of)) * BAR_CELLS);
  return `[${'='.repeat(filled)}${' '.repeat(BAR_CELLS - filled)}]`;
}

function timeLeft(elapsedMs: number, done: number, of: number): string {
  if (done === 0) return '';
  const seconds = Math.round(((elapsedMs / done) * (of - done)) / 1000);
  return seconds < 60 ? `, ${seconds} s left` : `, ${Math.floor(seconds / 60)} min ${seconds % 60} s left`;
}

function plain(stream: NodeJS.WriteStream): Progress {
  let last = '';
  return {
    columns: null,
    step(text, done, of) {
      const line = `bench: ${Math.floor(done)}/${of} ${text}`;
      if (line !== last) stream.write(`${line}\n`);
      last = line;
    },
    say: (text) => void stream.write(`${text}\n`),
    draw: () => undefined,
  };
}
