// A results directory as it lies on disk: the rows, the result made from them, and the configurations of its subjects.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Line } from '../format/line.ts';
import type { Result } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { recordingOf } from '../result/recording.ts';
import { resultOf } from '../result/result-of.ts';

export interface Configuration {
  readonly subject: string;
  readonly file: string;
  readonly text: string;
}

export interface KeptRun {
  readonly result: Result;
  readonly rows: readonly Row[];
  readonly configurations: readonly Configuration[];
}

const KINDS: readonly unknown[] = ['breakdown', 'cliff', 'load', 'knee', 'compare', 'calibration'];

/** Throws with the path when there are neither rows nor a result, or of a kind this program does not know. */
export function readRun(directory: string): KeptRun {
  const lines = linesIn(join(directory, 'rows.jsonl'));
  return {
    result: resultFrom(directory, lines),
    rows: lines.filter((line) => line.line === 'window'),
    configurations: configurationsIn(join(directory, 'configs')),
  };
}

/** Made anew from its rows; a result that came without them is taken at its word. */
function resultFrom(directory: string, lines: readonly Line[]): Result {
  const recording = recordingOf(lines);
  if (recording === null) return keptResult(join(directory, 'result.json'));
  try {
    return resultOf(recording);
  } catch (error) {
    throw new Error(`${join(directory, 'rows.jsonl')} does not make a result`, { cause: error });
  }
}

function keptResult(path: string): Result {
  if (!existsSync(path)) throw new Error(`${path}: expected the result of a bench run, got no such file`);
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  assertResult(value, path);
  return value;
}

function assertResult(value: unknown, path: string): asserts value is Result {
  const kind = value instanceof Object && 'kind' in value ? value.kind : undefined;
  if (!KINDS.includes(kind)) {
    throw new TypeError(`${path}: kind: expected ${KINDS.join(', ')}, got ${JSON.stringify(kind)}`);
  }
}

/** A run that was killed may have left half a line: what is whole before it counts. */
function linesIn(path: string): readonly Line[] {
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((line): Line => JSON.parse(line));
}

function configurationsIn(directory: string): readonly Configuration[] {
  if (!existsSync(directory)) return [];
  const subjects = readdirSync(directory).filter((name) => statSync(join(directory, name)).isDirectory());
  return subjects.toSorted().flatMap((subject) =>
    readdirSync(join(directory, subject))
      .toSorted()
      .map((file) => ({
        subject,
        file,
        text: readFileSync(join(directory, subject, file), 'utf8'),
      })),
  );
}
