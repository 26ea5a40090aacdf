// A results directory as it lies on disk: result.json, the rows it was made from, and the configurations of its subjects.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../format/result.ts';
import type { Row } from '../format/row.ts';

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

/** Throws with the path when there is no result.json, or when it is of no kind this program knows. */
export function readRun(directory: string): KeptRun {
  const path = join(directory, 'result.json');
  if (!existsSync(path)) throw new Error(`${path}: expected the result of a bench run, got no such file`);
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  assertResult(value, path);
  return {
    result: value,
    rows: rowsIn(join(directory, 'rows.jsonl')),
    configurations: configurationsIn(join(directory, 'configs')),
  };
}

function assertResult(value: unknown, path: string): asserts value is Result {
  const kind = value instanceof Object && 'kind' in value ? value.kind : undefined;
  if (!KINDS.includes(kind)) {
    throw new TypeError(`${path}: kind: expected ${KINDS.join(', ')}, got ${JSON.stringify(kind)}`);
  }
}

/** A run that was killed may have left half a line: what is whole before it counts. */
function rowsIn(path: string): readonly Row[] {
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((line): Row => JSON.parse(line));
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
