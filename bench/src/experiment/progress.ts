// What a person sees while it runs: on a terminal one line that is rewritten, with the time left; elsewhere a plain line a step.
import type { Scope } from '../lab/scope.ts';

export interface Progress {
  /** `done` of `of` steps; the time left is told from the pace so far. */
  step(text: string, done: number, of: number): void;
  /** A line that stays. */
  say(text: string): void;
}

export function openProgress(scope: Scope, stream: NodeJS.WriteStream = process.stderr): Progress {
  const progress = stream.isTTY ? rewriting(stream) : plain(stream);
  scope.defer(() => progress.end());
  return progress;
}

type Ending = Progress & { end(): void };

function rewriting(stream: NodeJS.WriteStream): Ending {
  const startedMs = performance.now();
  const clear = '\r\x1b[K';
  let last = '';
  return {
    step(text, done, of) {
      last = `${bar(done, of)} ${text}${timeLeft(performance.now() - startedMs, done, of)}`;
      stream.write(`${clear}${last.slice(0, (stream.columns || 80) - 1)}`);
    },
    say: (text) => void stream.write(`${clear}${text}\n${last}`),
    end: () => void stream.write(clear),
  };
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

function plain(stream: NodeJS.WriteStream): Ending {
  let last = '';
  return {
    step(text, done, of) {
      const line = `bench: ${done}/${of} ${text}`;
      if (line !== last) stream.write(`${line}\n`);
      last = line;
    },
    say: (text) => void stream.write(`bench: ${text}\n`),
    end: () => undefined,
  };
}
