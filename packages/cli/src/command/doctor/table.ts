// The doctor's findings for a person: what is wrong first, with its cure; then what is well, in one line each. Pure.
import { styleText } from 'node:util';
import { bottleneck, type Check, type CheckStatus } from '@tollgate/host';

const ORDER: readonly CheckStatus[] = ['fail', 'warn', 'unknown', 'ok'];
const COLOUR = { ok: 'green', warn: 'yellow', fail: 'red', unknown: 'gray' } as const;

export function tableText(checks: readonly Check[], notes: readonly string[]): string {
  const sorted = checks.toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  const width = Math.max(...sorted.map(({ id }) => id.length));
  return [
    ...headline(checks),
    ...sorted.map((check) => rowText(check, width)),
    ...notes.map((note) => `note: ${note}`),
  ].join('\n');
}

/** The one line to read when there is time for one. */
function headline(checks: readonly Check[]): readonly string[] {
  const worst = bottleneck(checks);
  const count = (status: CheckStatus): number => checks.filter((check) => check.status === status).length;
  const sums = `${count('fail')} failing, ${count('warn')} to look at, ${count('ok')} well, ${count('unknown')} unknown`;
  if (worst === undefined) return [`Nothing here will stop the site. ${sums}.`, ''];
  return [
    `First: ${worst.meaning}.`,
    ...(worst.fix === null ? [] : [`  cure: ${worst.fix}`]),
    `${sums}.`,
    '',
  ];
}

function rowText(check: Check, width: number): string {
  const { id, status, value, limit, unit, meaning, fix } = check;
  const measured =
    value === null ? '' : ` [${value}${unit === '' ? '' : ` ${unit}`}${limitText(limit, status)}]`;
  const line = `${sign(status)} ${id.padEnd(width)}  ${meaning}${measured}`;
  const indent = ' '.repeat(width + 7);
  return fix === null ? line : `${line}\n${indent}mend: ${fix}`;
}

const limitText = (limit: Check['limit'], status: CheckStatus): string =>
  limit === null || status === 'ok' ? '' : `, limit ${limit}`;

const sign = (status: CheckStatus): string =>
  styleText(COLOUR[status], status === 'unknown' ? '?   ' : status.padEnd(4), { stream: process.stdout });

/** `12:01:07 conntrack-cliff: the connection table … lasts 9 s …`. */
export function watchLine(at: string, worst: Check | undefined): string {
  const clock = at.slice(11, 19);
  return worst === undefined
    ? `${clock} no bottleneck`
    : `${clock} ${worst.status} ${worst.id}: ${worst.meaning}`;
}
