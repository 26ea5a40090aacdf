// The board of deploy/grafana as its readers take it: what it asks Prometheus for, and which metrics that names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../../deploy/grafana/tollgate.json');

interface Board {
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

export function readBoard(): Board {
  const board: Board = JSON.parse(readFileSync(FILE, 'utf8'));
  return board;
}

/** Grafana's own variables filled in as Grafana would. */
export function questionsOf({ panels, annotations }: Board): readonly string[] {
  return [...panels.flatMap(({ targets = [] }) => targets), ...annotations.list].map(({ expr }) =>
    expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'),
  );
}

export function metricsIn(questions: readonly string[]): ReadonlySet<string> {
  return new Set(questions.flatMap((question) => question.match(/\btollgate_\w+/g) ?? []));
}

/** The names that samples of this text may have: a family without samples has its name, too. */
export function namesIn(exposition: string): ReadonlySet<string> {
  const types = [...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
}

/** A file of recording rules, for `promtool check rules`: each question must be PromQL. */
export function rulesOf(questions: readonly string[]): string {
  const rules = questions.map((expr, at) => ({ record: `board:question:${at}`, expr }));
  // JSON is YAML.
  return JSON.stringify({ groups: [{ name: 'board', rules }] });
}
