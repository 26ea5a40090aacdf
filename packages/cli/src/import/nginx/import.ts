// From an nginx configuration to a Tollgate one that serves the same, and says of each line what became of it.
import { linesAround, wholeOf } from './around.ts';
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
  const own = readTree(file);
  const main = [...linesAround(file, own), ...own];
  const http = [...main.filter(({ name }) => name !== 'http'), ...blocksOf(main, 'http')];
  const ledger = new Ledger();
  ledger.carried(...main.filter(({ name }) => name === 'http'));
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
  output.notes.push(...headOf(file, lines, differencesOf(wholeOf(file, own), output, lines), ledger));
  return { yaml: writeYaml(output), lines: count(lines, ledger) };
}

function blocksOf(directives: readonly Directive[], wanted: string): readonly Directive[] {
  return directives.flatMap(({ name, block }) => (name === wanted ? (block ?? []) : []));
}

/** Every line has a fate now: what is inside a line that was left went with it, whatever it came to. */
function settle(directives: readonly Directive[], ledger: Ledger, around?: Entry): readonly Directive[] {
  return directives.flatMap((line) => {
    const reason = needlessReason(line.name, line.args);
    const isLost = around?.fate === 'left' && ledger.of(line).fate !== 'left';
    if (around !== undefined && (isLost || !ledger.knows(line))) ledger.sink(line, around);
    else if (reason !== undefined && !ledger.knows(line)) ledger.needless(line, reason);
    return [line, ...settle(line.block ?? [], ledger, withinOf(ledger.of(line)))];
  });
}

const withinOf = ({ fate }: Entry): Entry | undefined =>
  fate === 'carried' ? undefined : { fate, why: 'with its block' };

function headOf(
  file: string,
  lines: readonly Directive[],
  different: readonly string[],
  ledger: Ledger,
): readonly string[] {
  return [
    `Made from ${file} by \`tollgate import nginx\`. Next: read this, then \`tollgate check\`.`,
    ...section('NOT CARRIED OVER', told(lines, 'left', ledger)),
    ...section(
      'Not as in nginx, or to be seen to',
      different.map((text) => `- ${text}`),
    ),
    ...section('Not needed here', told(lines, 'needless', ledger)),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title} (${lines.length}):`, ...lines];
}

function textOf({ name, args, block }: Directive): string {
  return `${[name, ...args].join(' ')}${block === undefined ? ';' : ' { … }'}`.replaceAll('\n', ' ');
}

function count(lines: readonly Directive[], ledger: Ledger): Imported['lines'] {
  const of = (fate: Fate): number => told(lines, fate, ledger).length;
  return { carried: of('carried'), needless: of('needless'), left: of('left') };
}

/** What several blocks include is one line all the same. */
function told(lines: readonly Directive[], fate: Fate, ledger: Ledger): readonly string[] {
  const reasons = new Map<string, string>();
  for (const line of lines) {
    const { fate: own, why } = ledger.of(line);
    const text = `${line.file}:${line.line}: ${textOf(line)}`;
    if (own === fate && !reasons.has(text)) reasons.set(text, why);
  }
  return [...reasons].map(([text, why]) => `${text} # ${why}`);
}
