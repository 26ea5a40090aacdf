// From an nginx configuration to a Tollgate one that serves the same, and says of each line what became of it.
import { differencesOf } from './differences.ts';
import { Ledger, type Entry, type Fate } from './ledger.ts';
import { needlessReason } from './needless.ts';
import { rootOf } from './root.ts';
import { Scope } from './scope.ts';
import { addSites } from './server.ts';
import { readTree, type Directive } from './tree.ts';
import { poolsOf } from './upstream.ts';
import { writeYaml } from './write.ts';
import type { Output } from './output.ts';

export interface Imported {
  /** A Tollgate configuration with comments. */
  readonly yaml: string;
  /** Lines of the nginx configuration, by what became of them. */
  readonly lines: Readonly<Record<Fate, number>>;
}

/** As deploy/ has it: `tollgate status` and `tollgate reload` ask here. */
const ADMIN = '127.0.0.1:9901';

/** `file` may be a whole nginx.conf or a site's part of one. @throws NginxSyntaxError, or the system's error. */
export function importNginx(file: string): Imported {
  const main = readTree(file);
  const http = [...main.filter(({ name }) => name !== 'http'), ...blocksOf(main, 'http')];
  const ledger = new Ledger();
  const output: Output = {
    listen: { https: new Set(), http: new Set() },
    root: { admin: ADMIN },
    sites: [],
    notes: [],
    differences: new Set(),
  };
  addSites(http, poolsOf(http), output, ledger);
  Object.assign(output.root, rootOf(main, new Scope(http), ledger));
  const lines = settle(main, ledger);
  output.notes.push(...headOf(file, lines, ledger), ...differencesOf(file, main, output, lines));
  return { yaml: writeYaml(output), lines: count(lines, ledger) };
}

function blocksOf(directives: readonly Directive[], wanted: string): readonly Directive[] {
  return directives.flatMap(({ name, block }) => (name === wanted ? (block ?? []) : []));
}

/** Every line has a fate now; what is inside a line that was left went with it. */
function settle(directives: readonly Directive[], ledger: Ledger, around?: Entry): readonly Directive[] {
  return directives.flatMap((line) => {
    const reason = needlessReason(line.name, line.args);
    if (around !== undefined && (!ledger.knows(line) || ledger.of(line).fate !== around.fate))
      ledger.sink(line, around);
    else if (reason !== undefined && !ledger.knows(line)) ledger.needless(line, reason);
    const own = ledger.of(line);
    const within: Entry | undefined =
      own.fate === 'carried' ? undefined : { fate: own.fate, why: 'with its block' };
    return [line, ...settle(line.block ?? [], ledger, within)];
  });
}

function headOf(file: string, lines: readonly Directive[], ledger: Ledger): readonly string[] {
  const told = (fate: Fate): string[] =>
    lines
      .filter((line) => ledger.of(line).fate === fate)
      .map((line) => `${line.file}:${line.line}: ${textOf(line)} # ${ledger.of(line).why}`);
  const [left, needless] = [told('left'), told('needless')];
  return [
    `Made from ${file} by \`tollgate import nginx\`. Next: read this, then \`tollgate check\`.`,
    ...(left.length > 0 ? ['', `NOT CARRIED OVER (${left.length}):`, ...left] : []),
    ...(needless.length > 0 ? ['', `Not needed here (${needless.length}):`, ...needless] : []),
  ];
}

function textOf({ name, args, block }: Directive): string {
  return `${[name, ...args].join(' ')}${block === undefined ? ';' : ' { … }'}`.replaceAll('\n', ' ');
}

function count(lines: readonly Directive[], ledger: Ledger): Imported['lines'] {
  const of = (fate: Fate): number => lines.filter((line) => ledger.of(line).fate === fate).length;
  return { carried: of('carried'), needless: of('needless'), left: of('left') };
}
