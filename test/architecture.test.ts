// The walls: who may import whom, no cycles, how long a file and a function may be. ARCHITECTURE.md says why.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  host: [],
  log: ['core'],
  firewall: ['core'],
  backend: ['core', 'log'],
  acme: ['core'],
  proxy: ['core', 'log'],
  cli: ['core', 'log', 'proxy', 'acme', 'host', 'firewall'],
  bench: ['core', 'host', 'firewall'],
};

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: readonly SourceFile[] = globSync(['packages/*/src/**/*.ts', 'bench/src/**/*.ts'], {
  cwd: ROOT,
})
  .map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
    return { path, text, imports };
  })
  .toSorted((a, b) => a.path.localeCompare(b.path));

const packageOf = (path: string): string =>
  path.startsWith('bench/') ? 'bench' : (path.split('/')[1] ?? '');
const relativeImports = (file: SourceFile): string[] =>
  file.imports
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(file.path), name)));

describe('architecture', () => {
  it('has sources to look at', () => {
    expect(sources.length).toBeGreaterThan(5);
  });

  it.each(Object.entries(MAY_IMPORT))('%s imports only the packages it may', (name, allowed) => {
    const offences = sources
      .filter((file) => packageOf(file.path) === name)
      .flatMap((file) =>
        file.imports
          .filter((specifier) => specifier.startsWith('@tollgate/'))
          .map((specifier) => specifier.split('/')[1] ?? '')
          .filter((target) => !allowed.includes(target))
          .map((target) => `${file.path} imports ${target}`),
      );
    expect(offences).toEqual([]);
  });

  it('no relative import leaves its package', () => {
    const offences = sources.flatMap((file) =>
      relativeImports(file)
        .filter((target) => packageOf(target) !== packageOf(file.path))
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(offences).toEqual([]);
  });

  it('nobody imports a main.ts', () => {
    const offences = sources.filter((file) => file.imports.some((name) => name.endsWith('main.ts')));
    expect(offences.map((file) => file.path)).toEqual([]);
  });

  it('has no import cycle', () => {
    expect(findCycle(new Map(sources.map((file) => [file.path, relativeImports(file)])))).toEqual([]);
  });

  it('inside bench, load and stats know nothing of each other, and reports read only files', () => {
    const rooms = sources.filter((file) => file.path.startsWith('bench/src/'));
    const crossing = (from: string, to: string): string[] =>
      rooms
        .filter((file) => file.path.startsWith(`bench/src/${from}/`))
        .filter((file) => relativeImports(file).some((target) => target.startsWith(`bench/src/${to}/`)))
        .map((file) => `${file.path} -> ${to}`);
    const forbidden: readonly (readonly [string, string])[] = [
      ['load', 'stats'],
      ['stats', 'load'],
      ['report', 'lab'],
      ['report', 'experiment'],
      ['lab', 'report'],
      ['result', 'lab'],
      ['result', 'experiment'],
      ['result', 'report'],
    ];
    expect(forbidden.flatMap(([from, to]) => crossing(from, to))).toEqual([]);
  });

  it('has no room without an idea: utils, helpers, manager, common, misc', () => {
    const offences = sources.filter((file) =>
      /(^|\/|-)(utils?|helpers?|managers?|common|misc)(\/|\.|-)/.test(file.path),
    );
    expect(offences.map((file) => file.path)).toEqual([]);
  });

  it('no file is over 500 lines', () => {
    const offences = sources.filter((file) => file.text.split('\n').length > 500);
    expect(offences.map((file) => file.path)).toEqual([]);
  });

  it('every file says its idea in its first comment', () => {
    const offences = sources.filter(
      (file) => !file.path.endsWith('/index.ts') && !/^(#!.*\n)?\/[/*]/.test(file.text),
    );
    expect(offences.map((file) => file.path)).toEqual([]);
  });

  it('`as` and `!` stay rare: under 4 casts per 1,000 lines', () => {
    const lines = sources.reduce((sum, file) => sum + file.text.split('\n').length, 0);
    const casts = sources.reduce((sum, file) => sum + castsIn(file.text), 0);
    expect((casts * 1000) / lines).toBeLessThan(4);
  });
});

function castsIn(text: string): number {
  const code = text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '')
    .replaceAll(/^(?:import|export) (?:type )?[{*].*$/gm, '');
  return [...code.matchAll(/[\w)\]}] as (?!const\b)[A-Za-z{[(]/g)].length;
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): string[] => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (done.has(node)) return [];
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...trail, node]);
      if (cycle.length > 0) return cycle;
    }
    done.add(node);
    return [];
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
